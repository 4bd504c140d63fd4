import { Box } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import type { Moment, MomentSource } from "@voltway/api";
import {
  CopyAction,
  IconBraces,
  IconChargingPile,
  IconChevronDown,
  IconChevronRight,
  IconCreditCard,
  IconPlug,
  IconRadar,
  IconTerminal2,
  IconWifi,
  JsonView,
  type Icon,
} from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { useFormat } from "../../shared/useFormat.ts";
import { describeMoment } from "./describe.ts";
import classes from "./Timeline.module.css";

const ICONS: Record<MomentSource, Icon> = {
  link: IconWifi,
  status: IconChargingPile,
  message: IconBraces,
  command: IconTerminal2,
  session: IconPlug,
  payment: IconCreditCard,
  incident: IconRadar,
};

interface MomentRowProps {
  moment: Moment;
  /** It is why the probable cause is what it is. */
  isEvidence: boolean;
}

export function MomentRow({ moment, isEvidence }: MomentRowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [isOpen, { toggle }] = useDisclosure(false);
  const { at, source, evse_number: evse, is_before: isBefore, facts } = moment;
  const { title, details, isBad } = describeMoment(t, moment, format);
  const SourceIcon = ICONS[source];
  const Chevron = isOpen ? IconChevronDown : IconChevronRight;
  const direction = facts.direction === "in" || facts.direction === "out" ? t(`messages.direction.${facts.direction}`) : null;
  return (
    <li data-bad={isBad || undefined} data-evidence={isEvidence || undefined}>
      <button type="button" className={classes.row} aria-expanded={isOpen} onClick={toggle}>
        <time dateTime={at} title={format.exact(at)}>
          {isBefore ? t("timeline.before") : format.clock(at).slice(0, 8)}
        </time>
        <span className={classes.dot} data-source={source}>
          <SourceIcon size={15} stroke={2} aria-hidden="true" />
        </span>
        <span className={classes.source}>
          {t(`timeline.source.${source}`)}
          {direction && ` · ${direction}`}
          {evse ? ` · ${t("stations.evse", { number: evse })}` : ""}
        </span>
        <span className={classes.words}>
          <b>{title}</b>
          {details.map((detail) => (
            <span key={detail}>{detail}</span>
          ))}
          {isEvidence && <em>{t("timeline.evidence")}</em>}
        </span>
        <Chevron size={15} aria-hidden="true" />
      </button>
      {isOpen && (
        <Box className={classes.body}>
          <div className={classes.copy}>
            <CopyAction text={JSON.stringify(facts, null, 2)} label={t("common.copy")} copiedLabel={t("common.copied")} />
          </div>
          <p>
            {format.exact(at)} <MomentLink moment={moment} />
          </p>
          <JsonView value={facts} />
        </Box>
      )}
    </li>
  );
}

function MomentLink({ moment: { source, subject_id: subject } }: { moment: Moment }) {
  const { t } = useTranslation();
  if (subject === null) return null;
  if (source === "session") return <Link {...paths.session(subject)}>{t("stations.openSession")}</Link>;
  if (source === "incident") return <Link {...paths.incident(subject)}>{t("timeline.openIncident")}</Link>;
  return null;
}
