import { queryOptions } from "@tanstack/react-query";
import { client, take, type Certificate, type DetectionRulePatch, type IncidentPatch, type WebhookCreate } from "@voltway/api";
import i18next from "i18next";
import { listOf } from "../../shared/list.ts";
import { useChange } from "../../shared/useChange.ts";
import type { AuditSearch, IncidentSearch } from "./search.ts";

export const securityKeys = {
  incidents: ["incidents"] as const,
  rules: ["detection-rules"] as const,
  audit: ["audit-entries"] as const,
  certificates: ["certificates"] as const,
  webhooks: ["webhooks"] as const,
  notifications: ["notification-policies"] as const,
};

export function incidentsQuery({ state, severity, text }: IncidentSearch) {
  const filter = state === undefined ? { is_open: true } : state === "all" ? {} : { state };
  return listOf([...securityKeys.incidents, "list", state, severity, text], (page, signal) =>
    client.GET("/api/v1/incidents", { params: { query: { ...page, ...filter, severity, text } }, signal }),
  );
}

const incident = (incident_id: string) => ({ params: { path: { incident_id } } });

export function incidentQuery(id: string) {
  return queryOptions({
    queryKey: [...securityKeys.incidents, id],
    queryFn: ({ signal }) => take(client.GET("/api/v1/incidents/{incident_id}", { ...incident(id), signal })),
    refetchInterval: 30_000,
  });
}

export function usePatchIncident(id: string) {
  return useChange((body: Partial<IncidentPatch>) => take(client.PATCH("/api/v1/incidents/{incident_id}", { ...incident(id), body: body as IncidentPatch })), {
    stale: [securityKeys.incidents],
    done: () => i18next.t("incidents.saved"),
    showsProblem: true,
  });
}

export function useNoteIncident(id: string) {
  return useChange((text: string) => take(client.POST("/api/v1/incidents/{incident_id}/notes", { ...incident(id), body: { text } })), {
    stale: [securityKeys.incidents],
  });
}

export const rulesQuery = queryOptions({
  queryKey: securityKeys.rules,
  queryFn: async () => (await take(client.GET("/api/v1/detection-rules"))).items,
});

export function usePatchRule() {
  return useChange(
    ({ id, ...body }: DetectionRulePatch & { id: string }) =>
      take(client.PATCH("/api/v1/detection-rules/{rule_id}", { params: { path: { rule_id: id } }, body })),
    { stale: [securityKeys.rules], done: ({ id }) => i18next.t("rules.saved", { id }), showsProblem: true },
  );
}

/** The audit log's filters as the interface has them; a day is the reader's own. */
export function auditFilter({ actor, action, text, since, until }: AuditSearch) {
  return {
    actor,
    action,
    text,
    since: since && new Date(`${since}T00:00:00`).toISOString(),
    until: until && new Date(`${until}T23:59:59.999`).toISOString(),
  };
}

export function auditQuery(search: AuditSearch) {
  return listOf([...securityKeys.audit, search], (page, signal) =>
    client.GET("/api/v1/audit-entries", { params: { query: { ...page, ...auditFilter(search) } }, signal }),
  );
}

export function useVerifyAudit() {
  return useChange(() => take(client.GET("/api/v1/audit-entries/verification")), { stale: [] });
}

export function certificatesQuery(state: Certificate["state"] | undefined) {
  return listOf([...securityKeys.certificates, state], (page, signal) =>
    client.GET("/api/v1/certificates", { params: { query: { ...page, state } }, signal }),
  );
}

export const authoritiesQuery = queryOptions({
  queryKey: ["certificate-authorities"],
  queryFn: async () => (await take(client.GET("/api/v1/certificate-authorities"))).items,
});

export function useRevokeCertificate() {
  return useChange(
    (id: string) => take(client.POST("/api/v1/certificates/{certificate_id}/revocation", { params: { path: { certificate_id: id } } })),
    { stale: [securityKeys.certificates], done: () => i18next.t("certificates.revoked") },
  );
}

export const webhooksQuery = listOf(securityKeys.webhooks, (query, signal) => client.GET("/api/v1/webhooks", { params: { query }, signal }));

/** How long receivers may go on with the secret before. */
const OVERLAP_H = 24;

const webhook = (webhook_id: string) => ({ params: { path: { webhook_id } } });

export function deliveriesQuery(id: string) {
  return listOf([...securityKeys.webhooks, id, "deliveries"], (query, signal) =>
    client.GET("/api/v1/webhooks/{webhook_id}/deliveries", { params: { path: { webhook_id: id }, query }, signal }),
  );
}

export function deliveryQuery(webhookId: string, id: string) {
  return queryOptions({
    queryKey: [...securityKeys.webhooks, webhookId, "deliveries", id],
    queryFn: () =>
      take(
        client.GET("/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}", { params: { path: { webhook_id: webhookId, delivery_id: id } } }),
      ),
  });
}

export function useAddWebhook() {
  return useChange((body: WebhookCreate) => take(client.POST("/api/v1/webhooks", { body })), { stale: [securityKeys.webhooks], showsProblem: true });
}

export function useSwitchWebhook() {
  return useChange(
    ({ id, is_active }: { id: string; is_active: boolean }) =>
      take(client.PATCH("/api/v1/webhooks/{webhook_id}", { ...webhook(id), body: { is_active } })),
    { stale: [securityKeys.webhooks] },
  );
}

export function useDeleteWebhook() {
  return useChange((id: string) => client.DELETE("/api/v1/webhooks/{webhook_id}", webhook(id)), {
    stale: [securityKeys.webhooks],
    done: () => i18next.t("webhooks.deleted"),
  });
}

export function useRotateWebhook() {
  return useChange((id: string) => take(client.POST("/api/v1/webhooks/{webhook_id}/secret", { ...webhook(id), body: { overlap_hours: OVERLAP_H } })), {
    stale: [securityKeys.webhooks],
  });
}

export function useRetryDelivery(webhookId: string) {
  return useChange(
    (id: string) =>
      take(
        client.POST("/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/retry", {
          params: { path: { webhook_id: webhookId, delivery_id: id } },
        }),
      ),
    { stale: [[...securityKeys.webhooks, webhookId]], done: () => i18next.t("webhooks.retried") },
  );
}
