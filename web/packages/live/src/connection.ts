import { createEventParser } from "./parser.ts";

/** `live`: events arrive. `connecting`: the first attempt. `down`: lost, retrying. `paused`: nobody looks at the page. */
export type LiveState = "connecting" | "live" | "down" | "paused";

export interface LiveOptions {
  url: string;
  onEvent: (name: string, payload: unknown) => void;
  onState: (state: LiveState) => void;
  /** Called when events may have been missed: everything on screen is to be fetched again. */
  onResume: () => void;
  onSignedOut: () => void;
  /** Silence after which the stream counts as dead. The server writes a comment at least every 15 s. */
  silenceLimitMs?: number;
  retryMs?: readonly number[];
}

const DEFAULT_SILENCE_LIMIT_MS = 45_000;
const DEFAULT_RETRY_MS = [500, 1_000, 2_000, 5_000, 10_000] as const;

/**
 * One stream of server-sent events that comes back by itself.
 *
 * It reads the stream with fetch, not EventSource: EventSource hides comments, so it cannot notice a dead line, and it gives up
 * for good after an HTTP error. `pause` gives the connection back: browsers allow six per origin, and every open tab holds one.
 */
export class LiveConnection {
  readonly #options: LiveOptions;
  #abort: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #wasLive = false;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#abort || this.#timer) return;
    if (!this.#wasLive) this.#options.onState("connecting");
    void this.#run();
  }

  pause(): void {
    this.stop();
    this.#options.onState("paused");
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    this.#timer = undefined;
    this.#abort?.abort();
    this.#abort = undefined;
  }

  async #run(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const signedOut = await this.#read(abort);
      if (signedOut) {
        this.stop();
        this.#options.onSignedOut();
        return;
      }
    } catch {
      // Every way to lose the stream has the same cure: wait a little and ask again.
    }
    if (this.#abort !== abort) return;
    this.#abort = undefined;
    this.#retryLater();
  }

  /** Reads until the stream ends; true when the server no longer knows who is asking. */
  async #read(abort: AbortController): Promise<boolean> {
    this.#expectSign(abort);
    const response = await fetch(this.#options.url, {
      headers: { Accept: "text/event-stream" },
      credentials: "same-origin",
      cache: "no-store",
      signal: abort.signal,
    });
    if (response.status === 401) return true;
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
    this.#opened();
    const parse = createEventParser(({ event, data }) => {
      if (event !== null) this.#options.onEvent(event, parseJson(data));
    });
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    for (;;) {
      this.#expectSign(abort);
      const { done, value } = await reader.read();
      if (done) return false;
      this.#failures = 0;
      parse(decoder.decode(value, { stream: true }));
    }
  }

  #opened(): void {
    this.#options.onState("live");
    if (this.#wasLive) this.#options.onResume();
    this.#wasLive = true;
  }

  #expectSign(abort: AbortController): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      abort.abort();
    }, this.#options.silenceLimitMs ?? DEFAULT_SILENCE_LIMIT_MS);
  }

  #retryLater(): void {
    clearTimeout(this.#watchdog);
    this.#options.onState("down");
    const delays = this.#options.retryMs ?? DEFAULT_RETRY_MS;
    const delay = delays[Math.min(this.#failures, delays.length - 1)] ?? 1_000;
    this.#failures += 1;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#run();
    }, delay);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
