import { bookings } from "./bookings.ts";
import type { en } from "../en/index.ts";
import { commands } from "./commands.ts";
import { desk } from "./desk.ts";
import { drivers } from "./drivers.ts";
import { fleets } from "./fleets.ts";
import { frame } from "./frame.ts";
import { lists } from "./lists.ts";
import { manage } from "./manage.ts";
import { money } from "./money.ts";
import { onboarding } from "./onboarding.ts";
import { overview } from "./overview.ts";
import { people } from "./people.ts";
import { policies } from "./policies.ts";
import { reports } from "./reports.ts";
import { security } from "./security.ts";
import { sessions } from "./sessions.ts";
import { staff } from "./staff.ts";
import { stations } from "./stations.ts";
import { timeline } from "./timeline.ts";

/** The compiler compares every key with the English texts. */
export const zh: typeof en = { ...frame, ...bookings, ...drivers, ...fleets, ...desk, ...overview, ...stations, ...timeline, ...commands, ...sessions, ...lists, ...manage, ...money, ...onboarding, ...people, ...policies, ...reports, ...security, ...staff };
