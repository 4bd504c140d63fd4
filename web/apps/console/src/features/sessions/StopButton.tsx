import type { CommandState, Session } from "@voltway/api";
import { ActionButton, IconPlayerStop } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { notifyDone, notifyFailure } from "../../shared/notify.ts";
import { Confirm } from "../../shared/Confirm.tsx";
import { useRefusal } from "../account/useRefusal.ts";
import { COMMAND_STATES } from "../commands/states.ts";
import { useStopSession } from "./api.ts";

const UNDER_WAY: ReadonlySet<CommandState> = new Set(["pending", "sent", "accepted"]);

/** Ends a charge from afar, after a second thought. */
export function StopButton({ session }: { session: Session }) {
  const { t } = useTranslation();
  const refusal = useRefusal("commands:send");
  const stop = useStopSession(session.id);
  return (
    <Confirm
      title={t("sessions.stopTitle")}
      text={t("sessions.stopText", { station: session.station_identity })}
      confirmLabel={t("sessions.stop")}
      onConfirm={() => {
        stop.mutate(undefined, {
          onSuccess: (command) => {
            const state = COMMAND_STATES.find((one) => one === command.state) ?? "sent";
            const word = t(`commands.state.${state}`);
            if (UNDER_WAY.has(state)) notifyDone(t("sessions.stopSent", { state: word }));
            else notifyFailure(t("sessions.stopFailed", { state: word }));
          },
        });
      }}
    >
      {(open) => (
        <ActionButton
          color="red"
          leftSection={<IconPlayerStop size={17} />}
          loading={stop.isPending}
          disabledReason={session.state === "ended" ? t("sessions.stopEnded") : refusal}
          onClick={open}
        >
          {t("sessions.stop")}
        </ActionButton>
      )}
    </Confirm>
  );
}
