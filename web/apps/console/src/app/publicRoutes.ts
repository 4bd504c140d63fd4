import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { NotFound, RouteProblem } from "./RouteProblem.tsx";

interface RouterContext {
  queryClient: QueryClient;
}

export const root = createRootRouteWithContext<RouterContext>()({ notFoundComponent: NotFound, errorComponent: RouteProblem });

/** Where the links of mails lead, and who has forgotten or not yet got a password: open to everybody, and fetched when needed. */
export const links = [
  createRoute({
    getParentRoute: () => root,
    path: "/verify-email",
    component: lazyRouteComponent(() => import("../features/links/AddressPages.tsx"), "VerifyEmailPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/confirm-email",
    component: lazyRouteComponent(() => import("../features/links/AddressPages.tsx"), "ConfirmEmailPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/reset-password",
    component: lazyRouteComponent(() => import("../features/links/PasswordPages.tsx"), "ResetPasswordPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/forgot-password",
    component: lazyRouteComponent(() => import("../features/links/PasswordPages.tsx"), "ForgotPasswordPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/invitation",
    component: lazyRouteComponent(() => import("../features/links/InvitationPage.tsx"), "InvitationPage"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/register",
    component: lazyRouteComponent(() => import("../features/links/RegisterPage.tsx"), "RegisterPage"),
  }),
] as const;
