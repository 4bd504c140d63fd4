import { Progress, Text } from "@mantine/core";
import type { Campaign } from "@voltway/api";
import { useTranslation } from "react-i18next";

const PARTS = [
  { state: "done", color: "var(--vw-available-mark)" },
  { state: "failed", color: "var(--vw-faulted-mark)" },
  { state: "ordered", color: "var(--vw-occupied-mark)" },
  { state: "skipped", color: "var(--vw-unavailable-mark)" },
] as const;

/** How far a campaign is, as a bar and in words. */
export function CampaignProgress({ counts }: { counts: Campaign["counts"] }) {
  const { t } = useTranslation();
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const words = (["done", "failed", "ordered", "waiting", "skipped"] as const)
    .filter((state) => counts[state] > 0)
    .map((state) => `${counts[state]} ${t(`firmware.member.${state}`)}`);
  return (
    <div>
      <Progress.Root size="sm" aria-hidden="true">
        {PARTS.map(({ state, color }) => (
          <Progress.Section key={state} value={total === 0 ? 0 : (counts[state] / total) * 100} color={color} withAria={false} />
        ))}
      </Progress.Root>
      <Text size="xs" c="dimmed" mt={4}>
        {words.join(" · ")}
      </Text>
    </div>
  );
}
