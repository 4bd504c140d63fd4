import { queryOptions } from "@tanstack/react-query";
import { client, take, type CostCentreCreate, type FleetCreate, type FleetLimit, type VehicleCreate } from "@voltway/api";
import i18next from "i18next";
import { listOf } from "../../shared/list.ts";
import { useChange } from "../../shared/useChange.ts";

const CHOICES = 100;

const fleetKeys = {
  lists: ["fleets", "list"] as const,
  /** Begins the keys of all that is shown of one fleet. */
  one: (id: string) => ["fleets", id] as const,
};
const touched = (id: string) => [fleetKeys.one(id), fleetKeys.lists];
const at = (fleet_id: string) => ({ params: { path: { fleet_id } } });

export const fleetsQuery = listOf(fleetKeys.lists, (query, signal) => client.GET("/api/v1/fleets", { params: { query }, signal }));

export function fleetQuery(id: string) {
  return queryOptions({ queryKey: fleetKeys.one(id), queryFn: ({ signal }) => take(client.GET("/api/v1/fleets/{fleet_id}", { ...at(id), signal })) });
}

export function fleetLimitsQuery(id: string) {
  return queryOptions({
    queryKey: [...fleetKeys.one(id), "limits"],
    queryFn: async ({ signal }) => (await take(client.GET("/api/v1/fleets/{fleet_id}/limits", { ...at(id), signal }))).items,
  });
}

export function statementQuery(fleet_id: string, month: string) {
  return queryOptions({
    queryKey: [...fleetKeys.one(fleet_id), "statement", month],
    queryFn: ({ signal }) => take(client.GET("/api/v1/fleets/{fleet_id}/statement", { params: { path: { fleet_id }, query: { month } }, signal })),
  });
}

export function statementUrl(fleetId: string, month: string): string {
  return `/api/v1/fleets/${encodeURIComponent(fleetId)}/statement.csv?month=${month}`;
}

/** Whom a fleet may be given to: those of the staff who have the role of a fleet manager. */
export const managerChoicesQuery = queryOptions({
  queryKey: ["members", "fleet-managers"],
  queryFn: async ({ signal }) => {
    const { items } = await take(client.GET("/api/v1/members", { params: { query: { limit: CHOICES } }, signal }));
    return items.filter(({ role }) => role === "fleet_manager");
  },
});

/** Adds a fleet, or changes one. */
export function useSaveFleet() {
  return useChange(
    ({ id, ...body }: FleetCreate & { id?: string }) =>
      take(id === undefined ? client.POST("/api/v1/fleets", { body }) : client.PUT("/api/v1/fleets/{fleet_id}", { ...at(id), body })),
    { stale: [["fleets"]], done: ({ name }) => i18next.t("fleets.saved", { name }), showsProblem: true },
  );
}

/** Only the list is asked again: the page of the fleet is still there for a moment. */
export function useDeleteFleet() {
  return useChange((id: string) => client.DELETE("/api/v1/fleets/{fleet_id}", at(id)), {
    stale: [fleetKeys.lists],
    done: () => i18next.t("fleets.deleted"),
  });
}

export interface MemberChange {
  id_token_id: string;
  vehicle_id: string | null;
  cost_centre_id: string | null;
}

/** Says to what a member's sessions belong; a token that is not in the fleet is taken into it first. */
export function useSaveMember(fleetId: string) {
  return useChange(
    async ({ isNew, id_token_id, ...body }: MemberChange & { isNew: boolean }) => {
      const params = { path: { fleet_id: fleetId, id_token_id } };
      if (isNew) await client.PUT("/api/v1/fleets/{fleet_id}/members/{id_token_id}", { params });
      if (!isNew || body.vehicle_id !== null || body.cost_centre_id !== null) {
        await client.PUT("/api/v1/fleets/{fleet_id}/members/{id_token_id}/assignment", { params, body });
      }
    },
    { stale: touched(fleetId), done: () => i18next.t("fleets.memberSaved"), showsProblem: true },
  );
}

export function useRemoveMember(fleet_id: string) {
  return useChange(
    (id_token_id: string) => client.DELETE("/api/v1/fleets/{fleet_id}/members/{id_token_id}", { params: { path: { fleet_id, id_token_id } } }),
    { stale: touched(fleet_id), done: () => i18next.t("fleets.memberRemoved") },
  );
}

/** Adds a vehicle, or changes one. */
export function useSaveVehicle(fleet_id: string) {
  return useChange(
    ({ id, ...body }: VehicleCreate & { id?: string }) =>
      take(
        id === undefined
          ? client.POST("/api/v1/fleets/{fleet_id}/vehicles", { ...at(fleet_id), body })
          : client.PUT("/api/v1/fleets/{fleet_id}/vehicles/{vehicle_id}", { params: { path: { fleet_id, vehicle_id: id } }, body }),
      ),
    { stale: touched(fleet_id), done: ({ plate }) => i18next.t("fleets.saved", { name: plate }), showsProblem: true },
  );
}

export function useRemoveVehicle(fleet_id: string) {
  return useChange(
    (vehicle_id: string) => client.DELETE("/api/v1/fleets/{fleet_id}/vehicles/{vehicle_id}", { params: { path: { fleet_id, vehicle_id } } }),
    { stale: touched(fleet_id), done: () => i18next.t("fleets.vehicleRemoved") },
  );
}

/** Adds a cost centre, or changes one. */
export function useSaveCostCentre(fleet_id: string) {
  return useChange(
    ({ id, ...body }: CostCentreCreate & { id?: string }) =>
      take(
        id === undefined
          ? client.POST("/api/v1/fleets/{fleet_id}/cost-centres", { ...at(fleet_id), body })
          : client.PUT("/api/v1/fleets/{fleet_id}/cost-centres/{cost_centre_id}", { params: { path: { fleet_id, cost_centre_id: id } }, body }),
      ),
    { stale: touched(fleet_id), done: ({ code }) => i18next.t("fleets.saved", { name: code }), showsProblem: true },
  );
}

export function useRemoveCostCentre(fleet_id: string) {
  return useChange(
    (cost_centre_id: string) =>
      client.DELETE("/api/v1/fleets/{fleet_id}/cost-centres/{cost_centre_id}", { params: { path: { fleet_id, cost_centre_id } } }),
    { stale: touched(fleet_id), done: () => i18next.t("fleets.costCentreRemoved") },
  );
}

/** Puts these limits in the place of all that the fleet has. */
export function useSetLimits(fleetId: string, { showsProblem = false } = {}) {
  return useChange((items: FleetLimit[]) => take(client.PUT("/api/v1/fleets/{fleet_id}/limits", { ...at(fleetId), body: { items } })), {
    stale: touched(fleetId),
    done: () => i18next.t("fleets.limitsSaved"),
    showsProblem,
  });
}

/** Gives the fleet to somebody, or takes it from them. */
export function useSetManager(fleet_id: string, { showsProblem = false } = {}) {
  return useChange(
    ({ account_id, isManager }: { account_id: string; isManager: boolean }) => {
      const params = { path: { fleet_id, account_id } };
      const path = "/api/v1/fleets/{fleet_id}/managers/{account_id}";
      return isManager ? client.PUT(path, { params }) : client.DELETE(path, { params });
    },
    { stale: touched(fleet_id), done: () => i18next.t("fleets.managersSaved"), showsProblem },
  );
}
