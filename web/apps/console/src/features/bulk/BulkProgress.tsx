import { Group, Progress } from "@mantine/core";
import type { BulkOrder } from "@voltway/api";
import { BulkStatePill } from "./BulkStatePill.tsx";
import { STATES } from "./orders.ts";

const COLOURS: Partial<Record<(typeof STATES)[number], string>> = {
  accepted: "var(--vw-available-mark)",
  ordered: "var(--vw-occupied-mark)",
  rejected: "var(--vw-faulted-mark)",
  failed: "var(--vw-faulted-mark)",
  timed_out: "var(--vw-faulted-mark)",
  offline: "var(--vw-unavailable-mark)",
  skipped: "var(--vw-warning-mark)",
};

/** How far an order is, as a bar and in words. */
export function BulkProgress({ counts }: { counts: BulkOrder["counts"] }) {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return (
    <div role="status">
      <Progress.Root size="md" aria-hidden="true">
        {STATES.map((state) => (
          <Progress.Section key={state} value={total === 0 ? 0 : (counts[state] / total) * 100} color={COLOURS[state] ?? "transparent"} withAria={false} />
        ))}
      </Progress.Root>
      <Group gap="md" mt="sm">
        {STATES.filter((state) => counts[state] > 0).map((state) => (
          <Group key={state} gap={6} wrap="nowrap">
            <strong>{counts[state]}</strong>
            <BulkStatePill state={state} />
          </Group>
        ))}
      </Group>
    </div>
  );
}
