import { Group, Text } from "@mantine/core";
import type { ChargingStation, CommandCreate, TimelineCause } from "@voltway/api";
import { ActionButton, IconAlertTriangle, IconCircleCheck, IconSend } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { Confirm } from "../../shared/Confirm.tsx";
import { useRefusal } from "../account/useRefusal.ts";
import { useSendCommand } from "../commands/api.ts";
import { CommandOutcome } from "../commands/CommandOutcome.tsx";
import { COMMAND_TYPES } from "../commands/forms.ts";
import { useCauseWords } from "./causeWords.ts";
import { isUnusual } from "./causes.ts";
import classes from "./Timeline.module.css";

interface CauseCardProps {
  station: ChargingStation;
  cause: TimelineCause;
  isFirst: boolean;
}

/** What probably is the matter, what to do, and the order that is worth a try. */
export function CauseCard({ station, cause, isFirst }: CauseCardProps) {
  const { t } = useTranslation();
  const wordsOf = useCauseWords();
  const words = wordsOf(cause);
  const isGood = !isUnusual(cause);
  const CauseIcon = isGood ? IconCircleCheck : IconAlertTriangle;
  return (
    <section className={classes.cause} data-tone={isGood ? "good" : isFirst ? "bad" : "also"} aria-label={words.title}>
      <CauseIcon size={20} stroke={1.9} aria-hidden="true" />
      <div>
        <Text size="xs" fw={600} c="inherit">
          {isGood ? null : t(isFirst ? "timeline.probably" : "timeline.also")}
        </Text>
        <Text fw={650}>
          {words.title}
          {cause.evse_numbers.length > 0 && ` (${cause.evse_numbers.map((number) => t("stations.evse", { number })).join(", ")})`}
        </Text>
        <Text size="sm">{words.next}</Text>
        {cause.detail && (
          <Text size="xs" mt={4}>
            {t("timeline.stationSays")} <code>{cause.detail}</code>
          </Text>
        )}
        {cause.order && <TryOrder station={station} order={cause.order as CommandCreate} />}
      </div>
    </section>
  );
}

function TryOrder({ station, order }: { station: ChargingStation; order: CommandCreate }) {
  const { t } = useTranslation();
  const refusal = useRefusal("commands:send");
  const send = useSendCommand(station.id);
  const type = COMMAND_TYPES.find((one) => one === order.type);
  if (!type) return null;
  const name = t(`commands.type.${type}`);
  return (
    <>
      <Group mt="xs">
        <Confirm
          title={name}
          text={t("commands.confirm", { station: station.identity })}
          confirmLabel={t("commands.send")}
          onConfirm={() => {
            send.mutate(order);
          }}
        >
          {(open) => (
            <ActionButton
              size="xs"
              variant="white"
              leftSection={<IconSend size={14} />}
              loading={send.isPending}
              disabledReason={refusal ?? (station.is_online ? undefined : t("commands.needsLink"))}
              onClick={open}
            >
              {name}
            </ActionButton>
          )}
        </Confirm>
      </Group>
      <CommandOutcome command={send.data} error={send.error} />
    </>
  );
}
