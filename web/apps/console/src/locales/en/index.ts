import { commands } from "./commands.ts";
import { frame } from "./frame.ts";
import { manage } from "./manage.ts";
import { overview } from "./overview.ts";
import { sessions } from "./sessions.ts";
import { stations } from "./stations.ts";

export const en = { ...frame, ...overview, ...stations, ...commands, ...sessions, ...manage };
