import { Box, Grid } from "@mantine/core";
import type { ChargingStation } from "@voltway/api";
import { CommandForm } from "./CommandForm.tsx";
import { CommandHistory } from "./CommandHistory.tsx";
import { RawCallForm } from "./RawCallForm.tsx";

export function CommandsTab({ station }: { station: ChargingStation }) {
  return (
    <Box p="md">
      <Grid gap="xl">
        <Grid.Col span={{ base: 12, md: 5 }}>
          <CommandForm station={station} />
          <RawCallForm station={station} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <CommandHistory stationId={station.id} />
        </Grid.Col>
      </Grid>
    </Box>
  );
}
