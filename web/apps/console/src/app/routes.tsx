import type { QueryClient } from "@tanstack/react-query";
import {
  createBrowserHistory,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  type RouterHistory,
} from "@tanstack/react-router";
import { ProblemError } from "@voltway/api";
import { accountQuery } from "../features/account/api.ts";
import { LoginPage } from "../features/account/LoginPage.tsx";
import { readBookingSearch } from "../features/bookings/search.ts";
import { readTicketSearch } from "../features/desk/search.ts";
import { readDriverTab } from "../features/drivers/search.ts";
import { readFleetTab } from "../features/fleets/search.ts";
import { readMeTab } from "../features/me/search.ts";
import { readAuditSearch, readIncidentSearch } from "../features/security/search.ts";
import { readSessionSearch } from "../features/sessions/search.ts";
import { readStaffTab } from "../features/staff/search.ts";
import { readStationSearch, readStationTab } from "../features/stations/search.ts";
import { paths } from "./paths.ts";
import { links, root } from "./publicRoutes.ts";
import { Shell } from "./Shell.tsx";
import { searchText } from "../shared/searchText.ts";
import type { CodesSearch } from "../features/codes/api.ts";

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
    // Who looks after a fleet alone has nothing to see there.
    beforeLoad: ({ context }) => {
      const may = context.queryClient.getQueryData(accountQuery.queryKey)?.permissions ?? [];
      if (may.includes("fleets:read") && !may.includes("stations:read")) throw redirect(paths.fleets());
    },
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
    path: "/stations/import",
    component: lazyRouteComponent(() => import("../features/stations/ImportStationsPage.tsx"), "ImportStationsPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/onboarding",
    component: lazyRouteComponent(() => import("../features/onboarding/OnboardingPage.tsx"), "OnboardingPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/codes",
    validateSearch: ({ station, location }: Record<string, unknown>): CodesSearch => ({ station: searchText(station), location: searchText(location) }),
    component: lazyRouteComponent(() => import("../features/codes/CodesPage.tsx"), "CodesPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/bulk-orders",
    component: lazyRouteComponent(() => import("../features/bulk/BulkOrdersPage.tsx"), "BulkOrdersPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/bulk-orders/$bulkOrderId",
    component: lazyRouteComponent(() => import("../features/bulk/BulkOrderPage.tsx"), "BulkOrderPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/tickets",
    validateSearch: readTicketSearch,
    component: lazyRouteComponent(() => import("../features/desk/TicketsPage.tsx"), "TicketsPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/tickets/$ticketId",
    component: lazyRouteComponent(() => import("../features/desk/TicketPage.tsx"), "TicketPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/bookings",
    validateSearch: readBookingSearch,
    component: lazyRouteComponent(() => import("../features/bookings/BookingsPage.tsx"), "BookingsPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/bookings/$bookingId",
    component: lazyRouteComponent(() => import("../features/bookings/BookingPage.tsx"), "BookingPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/drivers/$accountId",
    validateSearch: readDriverTab,
    component: lazyRouteComponent(() => import("../features/drivers/DriverPage.tsx"), "DriverPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/templates",
    component: lazyRouteComponent(() => import("../features/templates/TemplatesPage.tsx"), "TemplatesPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/firmware-campaigns",
    component: lazyRouteComponent(() => import("../features/firmware/CampaignsPage.tsx"), "CampaignsPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/firmware-campaigns/$campaignId",
    component: lazyRouteComponent(() => import("../features/firmware/CampaignPage.tsx"), "CampaignPage"),
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
  createRoute({
    getParentRoute: () => shell,
    path: "/fleets",
    component: lazyRouteComponent(() => import("../features/fleets/FleetsPage.tsx"), "FleetsPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/fleets/$fleetId",
    validateSearch: readFleetTab,
    component: lazyRouteComponent(() => import("../features/fleets/FleetPage.tsx"), "FleetPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/mails",
    component: lazyRouteComponent(() => import("../features/mails/MailsPage.tsx"), "MailsPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/id-tokens/import",
    component: lazyRouteComponent(() => import("../features/id-tokens/ImportPage.tsx"), "ImportPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/account",
    validateSearch: readMeTab,
    component: lazyRouteComponent(() => import("../features/me/MePage.tsx"), "MePage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/staff",
    validateSearch: readStaffTab,
    component: lazyRouteComponent(() => import("../features/staff/StaffPage.tsx"), "StaffPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/machines",
    component: lazyRouteComponent(() => import("../features/staff/MachinesPage.tsx"), "MachinesPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/incidents",
    validateSearch: readIncidentSearch,
    component: lazyRouteComponent(() => import("../features/security/IncidentsPage.tsx"), "IncidentsPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/incidents/$incidentId",
    component: lazyRouteComponent(() => import("../features/security/IncidentPage.tsx"), "IncidentPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/detection-rules",
    component: lazyRouteComponent(() => import("../features/security/RulesPage.tsx"), "RulesPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/notification-policies",
    component: lazyRouteComponent(() => import("../features/security/NotificationsPage.tsx"), "NotificationsPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/audit",
    validateSearch: readAuditSearch,
    component: lazyRouteComponent(() => import("../features/security/AuditPage.tsx"), "AuditPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/certificates",
    component: lazyRouteComponent(() => import("../features/security/CertificatesPage.tsx"), "CertificatesPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/webhooks",
    component: lazyRouteComponent(() => import("../features/security/WebhooksPage.tsx"), "WebhooksPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/payments",
    component: lazyRouteComponent(() => import("../features/money/PaymentsPage.tsx"), "PaymentsPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/documents",
    component: lazyRouteComponent(() => import("../features/money/DocumentsPage.tsx"), "DocumentsPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/ledger",
    component: lazyRouteComponent(() => import("../features/money/LedgerPage.tsx"), "LedgerPage"),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: "/reports",
    component: lazyRouteComponent(() => import("../features/reports/ReportsPage.tsx"), "ReportsPage"),
  }),
] as const;

const routeTree = root.addChildren([login, ...links, shell.addChildren(pages)]);

/** `history` is the browser's own, unless a test brings another. */
export function createAppRouter(queryClient: QueryClient, history: RouterHistory = createBrowserHistory()) {
  return createRouter({ routeTree, history, context: { queryClient }, defaultPreload: "intent", scrollRestoration: true });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
