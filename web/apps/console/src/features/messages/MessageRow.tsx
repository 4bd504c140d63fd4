import { Box } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { OcppMessage } from "@voltway/api";
import { CopyAction, IconArrowDownLeft, IconArrowUpRight, IconChevronDown, IconChevronRight, JsonView } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../shared/useFormat.ts";
import classes from "./Messages.module.css";

export function MessageRow({ message }: { message: OcppMessage }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [isOpen, { toggle }] = useDisclosure(false);
  const { at, direction, kind, action, message_id, payload } = message;
  const Chevron = isOpen ? IconChevronDown : IconChevronRight;
  const Arrow = direction === "in" ? IconArrowDownLeft : IconArrowUpRight;
  return (
    <li>
      <button type="button" className={classes.row} aria-expanded={isOpen} onClick={toggle}>
        <Chevron size={15} aria-hidden="true" />
        <time dateTime={at} title={format.exact(at)}>
          {format.clock(at)}
        </time>
        <span className={classes.direction} data-direction={direction}>
          <Arrow size={15} stroke={2.2} aria-hidden="true" />
          {t(`messages.direction.${direction}`)}
        </span>
        <span className={classes.kind} data-kind={kind}>
          {t(`messages.kind.${kind}`)}
        </span>
        <b>{action ?? format.unknown}</b>
        <code>{JSON.stringify(payload)}</code>
      </button>
      {isOpen && (
        <Box className={classes.body}>
          <div className={classes.copy}>
            <CopyAction text={JSON.stringify(payload, null, 2)} label={t("messages.copy")} copiedLabel={t("common.copied")} />
          </div>
          <p>
            {t("messages.id")} <span className="vw-mono">{message_id}</span> · {format.exact(at)}
          </p>
          <JsonView value={payload} />
        </Box>
      )}
    </li>
  );
}
