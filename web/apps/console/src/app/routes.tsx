import type { QueryClient } from "@tanstack/react-query";
import {
  createBrowserHistory,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  type RouterHistory,
} from "@tanstack/react-router";
import { ProblemError } from "@voltway/api";
import { accountQuery } from "../features/account/api.ts";
import { LoginPage } from "../features/account/LoginPage.tsx";
import { readSessionSearch } from "../features/sessions/search.ts";
import { readStationSearch, readStationTab } from "../features/stations/search.ts";
import { NotFound, RouteProblem } from "./RouteProblem.tsx";
import { Shell } from "./Shell.tsx";

interface RouterContext {
  queryClient: QueryClient;
}

const root = createRootRouteWithContext<RouterContext>()({ notFoundComponent: NotFound, errorComponent: RouteProblem });

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (raw): { next?: string } => (typeof raw.next === "string" ? { next: raw.next } : {}),
  component: LoginPage,
});

/** Everything inside needs an account: whoever has none is sent to log in and comes back to the same page. */
const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.query({ ...accountQuery, staleTime: "static" });
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status !== 401) throw error;
      throw redirect({ to: "/login", search: location.href === "/" ? {} : { next: location.href } });
    }
  },
});

const pages = [
  createRoute({
    getParentRoute: () => shell,
    path: "/",
    component: lazyRouteComponent(() => import("../features/overview/OverviewPage.tsx"), "OverviewPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/stations",
    validateSearch: readStationSearch,
    component: lazyRouteComponent(() => import("../features/stations/StationsPage.tsx"), "StationsPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/stations/$stationId",
    validateSearch: readStationTab,
    component: lazyRouteComponent(() => import("../features/stations/StationPage.tsx"), "StationPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/sessions",
    validateSearch: readSessionSearch,
    component: lazyRouteComponent(() => import("../features/sessions/SessionsPage.tsx"), "SessionsPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/sessions/$sessionId",
    component: lazyRouteComponent(() => import("../features/sessions/SessionPage.tsx"), "SessionPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/locations",
    component: lazyRouteComponent(() => import("../features/locations/LocationsPage.tsx"), "LocationsPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/tariffs",
    component: lazyRouteComponent(() => import("../features/tariffs/TariffsPage.tsx"), "TariffsPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/id-tokens",
    component: lazyRouteComponent(() => import("../features/id-tokens/IdTokensPage.tsx"), "IdTokensPage"),
  }),
] as const;

const routeTree = root.addChildren([login, shell.addChildren(pages)]);

/** `history` is the browser's own, unless a test brings another. */
export function createAppRouter(queryClient: QueryClient, history: RouterHistory = createBrowserHistory()) {
  return createRouter({ routeTree, history, context: { queryClient }, defaultPreload: "intent", scrollRestoration: true });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
