import { expect, it, vi } from "vitest";
import { ActivityFeed } from "./activity.ts";
import { readHint } from "./hint.ts";

const anEvent = { kind: "station" as const, id: "s1", at: "2026-03-01T10:00:00Z", stationId: "s1", stationIdentity: "A", what: "online" };

it("keeps news and drops what is known already", () => {
  const feed = new ActivityFeed();
  const listener = vi.fn();
  feed.subscribe(listener);
  feed.add(anEvent);
  feed.add(anEvent);
  feed.add({ ...anEvent, what: "offline" });
  feed.add(anEvent);
  expect(feed.items().map(({ what }) => what)).toEqual(["online", "offline", "online"]);
  expect(listener).toHaveBeenCalledTimes(3);
});

it("tells two EVSEs of one station apart", () => {
  const feed = new ActivityFeed();
  feed.add({ ...anEvent, what: "Occupied", evseNumber: 1 });
  feed.add({ ...anEvent, what: "Occupied", evseNumber: 2 });
  expect(feed.items()).toHaveLength(2);
});

it("does not grow without end", () => {
  const feed = new ActivityFeed();
  for (let number = 0; number < 200; number += 1) feed.add({ ...anEvent, id: String(number) });
  expect(feed.items()).toHaveLength(60);
  expect(feed.items()[0]?.id).toBe("199");
});

it("reads a hint that says little, and refuses one that names nothing", () => {
  expect(readHint({ id: "x", at: "2026-03-01T10:00:00Z" })).toMatchObject({ id: "x", state: null, figures: {} });
  expect(readHint({ at: "2026-03-01T10:00:00Z" })).toBeUndefined();
  expect(readHint("x")).toBeUndefined();
});
