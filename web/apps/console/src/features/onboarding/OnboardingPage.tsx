import { Stack } from "@mantine/core";
import { PageHeader } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { useRefusal } from "../account/useRefusal.ts";
import { RegistrationTokens } from "./RegistrationTokens.tsx";
import { WaitingStations } from "./WaitingStations.tsx";

/** How stations come into the network: those that wait to be let in, and what lets others in by themselves. */
export function OnboardingPage() {
  const { t } = useTranslation();
  const refusal = useRefusal("security:write");
  return (
    <>
      <PageHeader title={t("onboarding.title")} subtitle={t("onboarding.subtitle")} />
      <Stack>
        <WaitingStations />
        {refusal === undefined && <RegistrationTokens />}
      </Stack>
    </>
  );
}
