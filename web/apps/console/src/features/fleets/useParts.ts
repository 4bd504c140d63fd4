import type { FleetDetails, FleetMember } from "@voltway/api";
import { useTranslation } from "react-i18next";

/** The parts of a fleet by their names, and as the options of select boxes. */
export function useParts({ vehicles, cost_centres, members }: FleetDetails) {
  const { t } = useTranslation();
  const memberName = ({ token }: FleetMember) => token ?? t("fleets.tokenGone");
  const centreName = ({ code, name }: { code: string; name: string }) => `${code} · ${name}`;
  const named = <T>(items: readonly T[], is: (item: T) => boolean, name: (item: T) => string): string | null => {
    const found = items.find(is);
    return found === undefined ? null : name(found);
  };
  return {
    memberName,
    vehicleName: (id: string | null | undefined) => named(vehicles, (one) => one.id === id, ({ plate }) => plate),
    costCentreName: (id: string | null | undefined) => named(cost_centres, (one) => one.id === id, centreName),
    /** The name of whom a limit is of. */
    targetName: (id: string | null | undefined) =>
      named(vehicles, (one) => one.id === id, ({ plate }) => plate) ?? named(members, (one) => one.id_token_id === id, memberName),
    vehicleOptions: vehicles.map(({ id, plate, name }) => ({ value: id, label: `${plate} · ${name}` })),
    costCentreOptions: cost_centres.map((one) => ({ value: one.id, label: centreName(one) })),
    memberOptions: members.map((one) => ({ value: one.id_token_id, label: memberName(one) })),
  };
}
