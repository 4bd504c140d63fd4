import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LiveConnection, type LiveOptions, type LiveState } from "./connection.ts";

interface Stream {
  write: (text: string) => void;
  end: () => void;
}

let streams: Stream[];
let answer: () => Response;

function openStream(signal: AbortSignal | null | undefined): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      signal?.addEventListener("abort", () => {
        controller.error(new DOMException("aborted", "AbortError"));
      });
      streams.push({
        write: (text) => {
          controller.enqueue(encoder.encode(text));
        },
        end: () => {
          controller.close();
        },
      });
    },
  });
  return new Response(body);
}

beforeEach(() => {
  vi.useFakeTimers();
  streams = [];
  answer = () => new Response(null, { status: 503 });
  vi.stubGlobal("fetch", (_url: string, init?: RequestInit) => Promise.resolve(streamsAllowed ? openStream(init?.signal) : answer()));
});
let streamsAllowed = true;

afterEach(() => {
  streamsAllowed = true;
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function connect(options: Partial<LiveOptions> = {}) {
  const states: LiveState[] = [];
  const events: [string, unknown][] = [];
  const onResume = vi.fn();
  const onSignedOut = vi.fn();
  const connection = new LiveConnection({
    url: "/live",
    onEvent: (name, payload) => events.push([name, payload]),
    onState: (state) => states.push(state),
    onResume,
    onSignedOut,
    retryMs: [100, 1_000],
    silenceLimitMs: 5_000,
    ...options,
  });
  connection.start();
  return { connection, states, events, onResume, onSignedOut };
}

it("hands over events and asks for a refetch only after a break", async () => {
  const { connection, states, events, onResume } = connect();
  await vi.advanceTimersByTimeAsync(0);
  streams[0]?.write('event: session.changed\ndata: {"id":"s1"}\n\n');
  await vi.advanceTimersByTimeAsync(0);
  expect(events).toEqual([["session.changed", { id: "s1" }]]);
  expect(onResume).not.toHaveBeenCalled();

  streams[0]?.end();
  await vi.advanceTimersByTimeAsync(150);
  expect(states).toEqual(["connecting", "live", "down", "live"]);
  expect(onResume).toHaveBeenCalledTimes(1);
  connection.stop();
});

it("treats a silent stream as dead, and a comment as a sign of life", async () => {
  const { connection, states } = connect();
  await vi.advanceTimersByTimeAsync(4_000);
  streams[0]?.write(": keep-alive\n\n");
  await vi.advanceTimersByTimeAsync(4_000);
  expect(states.at(-1)).toBe("live");
  await vi.advanceTimersByTimeAsync(1_050);
  expect(states.at(-1)).toBe("down");
  connection.stop();
});

it("keeps trying while the server refuses", async () => {
  streamsAllowed = false;
  const { connection, states } = connect();
  await vi.advanceTimersByTimeAsync(1_500);
  expect(states.filter((state) => state === "down").length).toBeGreaterThan(1);
  streamsAllowed = true;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(states.at(-1)).toBe("live");
  connection.stop();
});

it("stops and says so when the session is over", async () => {
  streamsAllowed = false;
  answer = () => new Response(null, { status: 401 });
  const { states, onSignedOut } = connect();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(onSignedOut).toHaveBeenCalledTimes(1);
  expect(states).toEqual(["connecting"]);
});

it("gives its connection back while paused", async () => {
  const { connection, states } = connect();
  await vi.advanceTimersByTimeAsync(0);
  connection.pause();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(streams).toHaveLength(1);
  expect(states.at(-1)).toBe("paused");
  connection.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(streams).toHaveLength(2);
  connection.stop();
});
