import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { bytesOf } from "../src/me/push.ts";

const SOURCE = readFileSync(join(import.meta.dirname, "../public/sw.js"), "utf8");

interface Shown { title: string; options: { body: string; tag?: string; data: { path: string } } }
interface Worker { shown: Shown[]; opened: string[]; push: (text: string | null) => Promise<void>; press: (path: unknown) => Promise<void> }

/** The service worker's own file, in a scope that notes what it asks of the browser. */
function worker(windows: { url: string; focus: () => Promise<void>; navigate: (url: string) => Promise<void> }[] = []): Worker {
  const heard = new Map<string, (event: unknown) => void>();
  const shown: Shown[] = [];
  const opened: string[] = [];
  const scope = {
    location: { origin: "https://volt.example" },
    addEventListener: (kind: string, act: (event: unknown) => void) => heard.set(kind, act),
    registration: { showNotification: (title: string, options: Shown["options"]) => Promise.resolve(shown.push({ title, options })) },
    clients: { matchAll: () => Promise.resolve(windows), openWindow: (url: string) => Promise.resolve(opened.push(url)) },
  };
  runInNewContext(SOURCE, { self: scope, URL });
  const fire = async (kind: string, event: object) => {
    const waits: Promise<unknown>[] = [];
    heard.get(kind)?.({ ...event, waitUntil: (what: Promise<unknown>) => waits.push(what) });
    await Promise.all(waits);
  };
  return {
    shown, opened,
    push: (text) => fire("push", { data: text === null ? null : { json: () => JSON.parse(text) as unknown } }),
    press: (path) => fire("notificationclick", { notification: { close: () => undefined, data: { path } } }),
  };
}

test("a message is shown with its words, and one that cannot be read is shown all the same", async () => {
  const { shown, push } = worker();
  await push('{"title":"轮到您了","text":"Ihre Säule ist frei.","tag":"queue:1","path":"#/queue/1"}');
  await push("not JSON");
  await push(null);
  expect(shown.map((one) => [one.title, one.options.body, one.options.tag, one.options.data.path])).toEqual([
    ["轮到您了", "Ihre Säule ist frei.", "queue:1", "#/queue/1"], ["Voltway", "", undefined, ""], ["Voltway", "", undefined, ""],
  ]);
});

test("a message opens its page, and never one outside the app", async () => {
  const { opened, press } = worker();
  for (const path of ["#/queue/1", "https://evil.example/", "//evil.example", undefined]) await press(path);
  expect(opened).toEqual(["https://volt.example/app/#/queue/1", ...Array<string>(3).fill("https://volt.example/app/")]);
});

test("a window that is there is used", async () => {
  const went: string[] = [];
  const { opened, press } = worker([{ url: "https://volt.example/app/#/map", focus: () => Promise.resolve(), navigate: (url) => Promise.resolve(void went.push(url)) }]);
  await press("#/bookings");
  expect([went, opened]).toEqual([["https://volt.example/app/#/bookings"], []]);
});

test("the server's key is bytes, whatever its letters", () => {
  expect([...bytesOf("-_8A")]).toEqual([251, 255, 0]);
  expect(bytesOf("AA").length).toBe(1);
});
