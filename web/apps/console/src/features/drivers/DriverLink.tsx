import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { paths } from "../../app/paths.ts";
import { AnchorLink } from "../../shared/links.tsx";
import { accountQuery } from "../account/api.ts";

interface DriverLinkProps {
  driverId: string;
  children: ReactNode;
  /** What stands there for whoever may not see drivers; the same words without a link, if not given. */
  otherwise?: ReactNode;
}

/** To the page of a driver, for those whose role lets them see it. */
export function DriverLink({ driverId, children, otherwise = children }: DriverLinkProps) {
  const { data: reader } = useQuery(accountQuery);
  if (!reader?.permissions.includes("tokens:read")) return otherwise;
  return <AnchorLink {...paths.driver(driverId)}>{children}</AnchorLink>;
}
