import { expect, it } from "vitest";
import { createEventParser, type ServerEvent } from "./parser.ts";

function parseChunks(...chunks: string[]): ServerEvent[] {
  const events: ServerEvent[] = [];
  const parse = createEventParser((event) => events.push(event));
  chunks.forEach((chunk) => {
    parse(chunk);
  });
  return events;
}

it("joins an event that was cut anywhere, even between CR and LF", () => {
  const text = 'event: station.changed\r\ndata: {"id":"1"}\r\n\r\n';
  const whole = parseChunks(text);
  expect(whole).toEqual([{ event: "station.changed", data: '{"id":"1"}' }]);
  for (let cut = 1; cut < text.length; cut += 1) expect(parseChunks(text.slice(0, cut), text.slice(cut))).toEqual(whole);
});

it("reports comments as signs of life and skips events without data", () => {
  expect(parseChunks(": keep-alive\n\nevent: empty\n\n")).toEqual([{ event: null, data: "keep-alive" }]);
});

it("joins several data lines and forgets the name after each event", () => {
  expect(parseChunks("event: a\ndata: 1\ndata: 2\n\ndata: 3\n\n")).toEqual([
    { event: "a", data: "1\n2" },
    { event: "message", data: "3" },
  ]);
});
