import { useDisclosure } from "@mantine/hooks";
import { ActionButton, IconLifebuoy } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { useRefusal } from "../account/useRefusal.ts";
import { AddTicketDialog } from "./AddTicketDialog.tsx";

/** Notes what somebody reports about what is on the page. */
export function OpenTicketButton({ about }: { about: { station_id?: string; session_id?: string } }) {
  const { t } = useTranslation();
  const refusal = useRefusal("tickets:write");
  const [isOpen, { open, close }] = useDisclosure(false);
  return (
    <>
      <ActionButton variant="default" leftSection={<IconLifebuoy size={16} />} disabledReason={refusal} onClick={open}>
        {t("tickets.add")}
      </ActionButton>
      {isOpen && <AddTicketDialog about={about} onClose={close} />}
    </>
  );
}
