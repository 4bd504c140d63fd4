import type { Sample } from "@voltway/api";

type Quantity = "power_w" | "soc_percent" | "current_a" | "voltage_v";

/** The newest known value of a quantity; stations do not send each of them every time. */
export function latestValue(samples: Sample[], quantity: Quantity): number | null {
  return samples.findLast((sample) => sample[quantity] !== null)?.[quantity] ?? null;
}
