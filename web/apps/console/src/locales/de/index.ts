import type { en } from "../en/index.ts";
import { commands } from "./commands.ts";
import { frame } from "./frame.ts";
import { manage } from "./manage.ts";
import { overview } from "./overview.ts";
import { sessions } from "./sessions.ts";
import { stations } from "./stations.ts";

/** The compiler compares every key with the English texts. */
export const de: typeof en = { ...frame, ...overview, ...stations, ...commands, ...sessions, ...manage };
