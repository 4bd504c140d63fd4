import "@testing-library/jest-dom/vitest";
import { notifications } from "@mantine/notifications";
import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll, vi } from "vitest";
import { setUpI18n } from "../src/app/i18n.ts";
import { server } from "./server.ts";

// jsdom draws nothing: charts are looked at in a real browser.
vi.mock("../../../packages/ui/src/chart/TimeChart.tsx", () => ({ default: () => null }));

// The first page of a file waits for its code to be loaded.
configure({ asyncUtilTimeout: 10_000 });

class Observer {
  observe = vi.fn();
  unobserve = vi.fn();
  disconnect = vi.fn();
}
vi.stubGlobal("ResizeObserver", Observer);
vi.stubGlobal("IntersectionObserver", Observer);
vi.stubGlobal("matchMedia", (query: string) => ({
  matches: false,
  media: query,
  addEventListener: vi.fn(),
  removeEventListener: vi.fn(),
}));
Object.defineProperty(document, "fonts", { value: new EventTarget() });
window.scrollTo = vi.fn();
Element.prototype.scrollIntoView = vi.fn();

beforeAll(async () => {
  server.listen({ onUnhandledRequest: "error" });
  await setUpI18n("en");
});

afterEach(() => {
  notifications.clean();
  cleanup();
  server.resetHandlers();
});

afterAll(() => {
  server.close();
});
