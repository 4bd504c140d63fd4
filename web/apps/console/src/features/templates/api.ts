import { queryOptions } from "@tanstack/react-query";
import { client, take, type TemplateCreate } from "@voltway/api";
import i18next from "i18next";
import { listOf } from "../../shared/list.ts";
import { useChange } from "../../shared/useChange.ts";

export const templateKeys = {
  all: ["templates"] as const,
  drift: (stationId: string) => ["drift", stationId] as const,
};

export const templatesQuery = listOf(templateKeys.all, (query, signal) => client.GET("/api/v1/provisioning-templates", { params: { query }, signal }));

const template = (template_id: string) => ({ params: { path: { template_id } } });
const station = (station_id: string) => ({ params: { path: { station_id } } });

/** Adds a template, or changes the one with this id. */
export function useSaveTemplate(id: string | null) {
  return useChange(
    (body: TemplateCreate) =>
      take(id === null ? client.POST("/api/v1/provisioning-templates", { body }) : client.PUT("/api/v1/provisioning-templates/{template_id}", { ...template(id), body })),
    { stale: [templateKeys.all, ["drift"]], done: ({ name }) => i18next.t("templates.saved", { name }), showsProblem: true },
  );
}

export function useRemoveTemplate() {
  return useChange((id: string) => client.DELETE("/api/v1/provisioning-templates/{template_id}", template(id)), {
    stale: [templateKeys.all, ["drift"]],
    done: () => i18next.t("templates.removed"),
  });
}

/** What of a station is not as the template says that fits it best. */
export function driftQuery(stationId: string) {
  return queryOptions({
    queryKey: templateKeys.drift(stationId),
    queryFn: ({ signal }) => take(client.GET("/api/v1/charging-stations/{station_id}/drift", { ...station(stationId), signal })),
  });
}

export function useProvision(stationId: string) {
  return useChange(
    (templateId: string) => take(client.POST("/api/v1/charging-stations/{station_id}/provision", { ...station(stationId), body: { template_id: templateId } })),
    { stale: [templateKeys.drift(stationId)], done: ({ template_name: name }) => i18next.t("templates.applying", { name }) },
  );
}
