import { Box, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import type { Icon } from "./icons.ts";

interface PanelProps {
  title?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** False for content that reaches the panel's edges, such as tables. */
  padded?: boolean;
  /** True to end level with what stands beside it. */
  isTall?: boolean;
}

export function Panel({ title, actions, children, padded = true, isTall = false }: PanelProps) {
  return (
    <Box component="section" className="vw-card" style={{ overflow: "hidden", minWidth: 0, height: isTall ? "100%" : undefined }}>
      {(title ?? actions) && (
        <Group justify="space-between" px="md" pt="sm" pb={padded ? 0 : "xs"} gap="sm">
          <Title order={2}>{title}</Title>
          {actions}
        </Group>
      )}
      <Box p={padded ? "md" : 0}>{children}</Box>
    </Box>
  );
}

interface TileProps {
  label: string;
  value: ReactNode;
  hint?: ReactNode;
  icon: Icon;
  isLoading?: boolean;
}

/** One figure with its name: what a person reads from across the room. */
export function Tile({ label, value, hint, icon: Icon, isLoading = false }: TileProps) {
  return (
    <Box className="vw-card" p="md" role="group" aria-label={label}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text size="sm" c="dimmed" fw={550} truncate>
          {label}
        </Text>
        <Icon size={18} stroke={1.8} aria-hidden="true" color="var(--mantine-primary-color-filled)" />
      </Group>
      {isLoading ? (
        <Skeleton h={30} mt={8} w="60%" />
      ) : (
        <Text fz={27} fw={680} lh={1.25} mt={4} style={{ letterSpacing: "-0.02em" }}>
          {value}
        </Text>
      )}
      <Text size="xs" c="dimmed" mt={2} mih="1.2em" component="div">
        {hint}
      </Text>
    </Box>
  );
}

interface PageHeaderProps {
  title: ReactNode;
  subtitle?: ReactNode;
  /** What stands beside the title: states, warnings. */
  marks?: ReactNode;
  actions?: ReactNode;
  above?: ReactNode;
}

export function PageHeader({ title, subtitle, marks, actions, above }: PageHeaderProps) {
  return (
    <Box mb="md">
      {above}
      <Group justify="space-between" align="flex-end" gap="sm">
        <Stack gap={2} style={{ minWidth: 0 }}>
          <Group gap="sm">
            <Title order={1} style={{ overflowWrap: "anywhere" }}>
              {title}
            </Title>
            {marks}
          </Group>
          {subtitle && (
            <Text size="sm" c="dimmed" component="div">
              {subtitle}
            </Text>
          )}
        </Stack>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
    </Box>
  );
}

interface NoticeProps {
  icon: Icon;
  title: string;
  text?: ReactNode;
  action?: ReactNode;
  role?: "alert" | "status";
  /** It is all that the page has, so its title is the page's heading. */
  isPage?: boolean;
}

/** Fills the place of content that is empty or could not be had. */
export function Notice({ icon: Icon, title, text, action, role = "status", isPage = false }: NoticeProps) {
  return (
    <Stack align="center" gap={6} py="xl" px="md" role={role} ta="center">
      <Icon size={30} stroke={1.5} aria-hidden="true" color="var(--mantine-color-dimmed)" />
      <Text fw={620} component={isPage ? "h1" : "p"} m={0}>
        {title}
      </Text>
      {text && (
        <Text size="sm" c="dimmed" maw={460}>
          {text}
        </Text>
      )}
      {action && <Box mt="xs">{action}</Box>}
    </Stack>
  );
}

/** Facts as a definition list; rows without a value are left out by the caller. */
export function Facts({ rows }: { rows: [label: string, value: ReactNode][] }) {
  return (
    <dl className="vw-facts">
      {rows.map(([label, value]) => (
        <div key={label} style={{ display: "contents" }}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
