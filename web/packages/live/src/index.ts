export { LiveConnection, type LiveOptions, type LiveState } from "./connection.ts";
export { createEventParser, type ServerEvent } from "./parser.ts";
