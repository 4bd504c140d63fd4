import { Box, Center, Group, Text, Title } from "@mantine/core";
import { Logo } from "@voltway/ui";
import type { ReactNode } from "react";
import { Preferences } from "../../app/Preferences.tsx";
import classes from "./LoginPage.module.css";

/** The frame of pages for people who are not logged in: one thing to do, beside the mark. */
export function PublicPage({ title, subtitle, children }: { title: string; subtitle?: ReactNode; children: ReactNode }) {
  return (
    <div className={classes.page}>
      <Center className={classes.aside} visibleFrom="md" aria-hidden="true">
        <Road />
      </Center>
      <Center component="main" p="lg" pos="relative">
        <Group pos="absolute" top={14} right={14} gap={4}>
          <Preferences />
        </Group>
        <Box w="100%" maw={380}>
          <Logo size={34} color="var(--mantine-color-text)" />
          <Title order={1} mt="xl">
            {title}
          </Title>
          <Text c="dimmed" size="sm" mt={4} mb="lg">
            {subtitle}
          </Text>
          {children}
        </Box>
      </Center>
    </div>
  );
}

function Road() {
  return (
    <svg viewBox="0 0 420 420" width="72%" role="presentation">
      <g fill="none" stroke="#ffffff" strokeOpacity="0.09" strokeWidth="1.5">
        {[60, 110, 160, 210].map((radius) => (
          <circle key={radius} cx="210" cy="210" r={radius - 4} />
        ))}
      </g>
      <path d="M66 106h78l66 143 42-91h-66l26-52h148L241 354h-63z" fill="var(--vw-volt)" />
      <path d="M105 130l95 204" stroke="#0c1f2b" strokeWidth="5" strokeDasharray="20 17" opacity="0.75" />
    </svg>
  );
}
