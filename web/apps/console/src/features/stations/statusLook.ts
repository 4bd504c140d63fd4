import type { ConnectorStatus } from "@voltway/api";
import { IconAlertOctagon, IconBan, IconBolt, IconBookmark, IconCircleCheck, type Icon, type Tone } from "@voltway/ui";

/** How each connector status looks: an icon of its own beside the colour. */
export const STATUS_LOOK: Record<ConnectorStatus, { tone: Tone; icon: Icon }> = {
  Available: { tone: "available", icon: IconCircleCheck },
  Occupied: { tone: "occupied", icon: IconBolt },
  Reserved: { tone: "reserved", icon: IconBookmark },
  Unavailable: { tone: "unavailable", icon: IconBan },
  Faulted: { tone: "faulted", icon: IconAlertOctagon },
};
