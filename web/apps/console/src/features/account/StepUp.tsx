import { Button, Divider, Group, Modal, PasswordInput, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { hasPasskeys, ProblemError, whenProofNeeded, type Profile } from "@voltway/api";
import { Callout, IconFingerprint } from "@voltway/ui";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { problemText } from "../../shared/problemText.ts";
import { profileQuery } from "../me/api.ts";
import { useStepUp } from "./api.ts";

type Settle = (isProved: boolean) => void;

/** Stands beside the pages: whatever request needs a fresh proof waits here for it and is then sent again. */
export function StepUp() {
  const [waiting, setWaiting] = useState<Settle[]>([]);
  useEffect(() => {
    whenProofNeeded(
      () =>
        new Promise((resolve) => {
          setWaiting((others) => [...others, resolve]);
        }),
    );
    return () => {
      whenProofNeeded(undefined);
    };
  }, []);
  if (waiting.length === 0) return null;
  const settle: Settle = (isProved) => {
    setWaiting([]);
    for (const resolve of waiting) resolve(isProved);
  };
  return <StepUpDialog onSettled={settle} />;
}

function StepUpDialog({ onSettled }: { onSettled: Settle }) {
  const { t } = useTranslation();
  const { data: profile } = useQuery(profileQuery);
  return (
    <Modal
      opened
      zIndex={400}
      onClose={() => {
        onSettled(false);
      }}
      title={<Text fw={650}>{t("auth.stepUpTitle")}</Text>}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      <Text size="sm" mb="md">
        {t("auth.stepUpText")}
      </Text>
      {profile && <ProofForm profile={profile} onSettled={onSettled} />}
    </Modal>
  );
}

function ProofForm({ profile, onSettled }: { profile: Profile; onSettled: Settle }) {
  const { t } = useTranslation();
  const proof = useStepUp();
  const canType = [...(profile.has_password && !profile.must_prove_by_factor ? ["password"] : []), ...(profile.second_factors.includes("totp") ? ["code"] : [])];
  const [way, setWay] = useState(canType[0]);
  const [typed, setTyped] = useState("");
  const done = {
    onSuccess: () => {
      onSettled(true);
    },
  };
  const hasKey = profile.second_factors.includes("passkey") && hasPasskeys();
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        proof.mutate(way === "code" ? { code: typed.trim() } : { password: typed }, done);
      }}
    >
      <Stack>
        {proof.error && (
          <Callout tone="faulted" role="alert">
            {refusal(proof.error, t("auth.stepUpRefused"))}
          </Callout>
        )}
        {hasKey && (
          <Button
            leftSection={<IconFingerprint size={18} stroke={1.8} />}
            loading={proof.isPending && proof.variables === "passkey"}
            onClick={() => {
              proof.mutate("passkey", done);
            }}
          >
            {t("auth.usePasskey")}
          </Button>
        )}
        {hasKey && way !== undefined && <Divider label={t("auth.or")} />}
        {canType.length > 1 && (
          <SegmentedControl
            aria-label={t("auth.way")}
            data={canType.map((value) => ({ value, label: value === "code" ? t("account.code") : t("account.password") }))}
            value={way ?? ""}
            onChange={(value) => {
              setWay(value);
              setTyped("");
            }}
          />
        )}
        {way === "password" && (
          <PasswordInput
            label={t("account.password")}
            autoComplete="current-password"
            data-autofocus
            visibilityToggleButtonProps={{ "aria-label": t("account.showPassword") }}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
            }}
          />
        )}
        {way === "code" && (
          <TextInput
            label={t("account.code")}
            description={t("auth.appCodeHint")}
            autoComplete="one-time-code"
            inputMode="numeric"
            maxLength={6}
            data-autofocus
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
            }}
          />
        )}
        <Group justify="flex-end">
          <Button
            variant="default"
            onClick={() => {
              onSettled(false);
            }}
          >
            {t("common.cancel")}
          </Button>
          {way !== undefined && (
            <Button type="submit" disabled={typed === ""} loading={proof.isPending && proof.variables !== "passkey"}>
              {t("auth.prove")}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}

function refusal(error: Error, wrong: string): string {
  const isWrong = error instanceof ProblemError && (error.code === "not-proved" || error.status === 401 || error.status === 422);
  return isWrong ? wrong : problemText(error);
}
