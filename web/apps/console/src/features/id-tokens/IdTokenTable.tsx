import { Checkbox, Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { IdToken, IdTokenStatus } from "@voltway/api";
import { ActionButton, IconBan, IconCheck, IconClock, IconX, StatusPill, type Icon, type Tone } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { DataTable } from "../../shared/DataTable.tsx";
import { notifyDone } from "../../shared/notify.ts";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { useSetIdTokenStatus } from "./api.ts";
import { TokenDialog } from "./TokenDialog.tsx";

const LOOK: Record<IdTokenStatus, { tone: Tone; icon: Icon }> = {
  accepted: { tone: "available", icon: IconCheck },
  blocked: { tone: "faulted", icon: IconBan },
  expired: { tone: "unavailable", icon: IconClock },
  invalid: { tone: "unavailable", icon: IconX },
};

interface IdTokenTableProps {
  tokens: IdToken[];
  /** The ids of the tokens that are chosen for what is done with several; without `onChoose` none can be. */
  chosen?: string[];
  onChoose?: (ids: string[]) => void;
}

export function IdTokenTable({ tokens, chosen = [], onChoose }: IdTokenTableProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [edited, setEdited] = useState<IdToken | null>(null);
  return (
    <>
    <DataTable
      label={t("idTokens.title")}
      columns={[
        ...(onChoose ? [{ label: t("cards.choose"), isLabelHidden: true }] : []),
        { label: t("idTokens.value") },
        { label: t("idTokens.kind") },
        { label: t("idTokens.statusLabel") },
        { label: t("idTokens.group") },
        { label: t("idTokens.expires") },
        { label: t("idTokens.concurrent"), isNumeric: true },
        { label: t("common.actions"), isLabelHidden: true },
      ]}
    >
      {tokens.map((token) => {
        const look = LOOK[token.status];
        return (
          <tr key={token.id}>
            {onChoose && (
              <td>
                <Checkbox
                  aria-label={t("cards.chooseOne", { value: token.value })}
                  checked={chosen.includes(token.id)}
                  onChange={(event) => {
                    onChoose(event.currentTarget.checked ? [...chosen, token.id] : chosen.filter((id) => id !== token.id));
                  }}
                />
              </td>
            )}
            <td>
              <Link {...paths.sessions()} search={{ token: token.value }} className="vw-mono" title={t("idTokens.sessions")}>
                {token.value}
              </Link>
            </td>
            <td>{token.kind ?? t("idTokens.anyKind")}</td>
            <td>
              <StatusPill tone={look.tone} icon={look.icon}>
                {t(`idTokens.status.${token.status}`)}
              </StatusPill>
              {token.lost_at && (
                <Text size="xs" c="dimmed">
                  {t("cards.lostAt", { date: format.date(token.lost_at) })}
                </Text>
              )}
            </td>
            <td>{token.group ?? format.unknown}</td>
            <td>{token.expires_at === null ? t("idTokens.never") : format.date(token.expires_at)}</td>
            <td data-num>{token.concurrent_max ?? t("idTokens.noLimit")}</td>
            <td data-num>
              <Group gap="xs" wrap="nowrap" justify="flex-end">
                <LimitsButton
                  onClick={() => {
                    setEdited(token);
                  }}
                />
                <BlockButton token={token} />
              </Group>
            </td>
          </tr>
        );
      })}
    </DataTable>
    {edited && (
      <TokenDialog
        token={edited}
        onClose={() => {
          setEdited(null);
        }}
      />
    )}
    </>
  );
}

function LimitsButton({ onClick }: { onClick: () => void }) {
  const { t } = useTranslation();
  const refusal = useRefusal("tokens:write");
  return (
    <ActionButton size="compact-sm" variant="default" disabledReason={refusal} onClick={onClick}>
      {t("cards.limits")}
    </ActionButton>
  );
}

function BlockButton({ token }: { token: IdToken }) {
  const { t } = useTranslation();
  const setStatus = useSetIdTokenStatus();
  const refusal = useRefusal("tokens:write");
  const isBlocked = token.status === "blocked";
  return (
    <ActionButton
      size="compact-sm"
      variant="default"
      disabledReason={refusal}
      loading={setStatus.isPending}
      onClick={() => {
        setStatus.mutate(
          { id: token.id, status: isBlocked ? "accepted" : "blocked" },
          {
            onSuccess: ({ value }) => {
              notifyDone(isBlocked ? t("idTokens.unblocked", { value }) : t("idTokens.blocked", { value }));
            },
          },
        );
      }}
    >
      {isBlocked ? t("idTokens.unblock") : t("idTokens.block")}
    </ActionButton>
  );
}
