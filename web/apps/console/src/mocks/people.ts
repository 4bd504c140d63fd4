import { http, HttpResponse, type HttpHandler } from "msw";
import { uuid } from "./network.ts";

const BASE = "*/api/v1";
/** What proves again who one is. */
export const PROOF = "still me";
export const INVITATION_CODE = "code-of-the-mail";

const NOW = "2026-11-26T12:00:00Z";
const ME = { id: uuid("009", 1), name: "Ada Berg", email: "admin@voltway.example" };
const list = (items: unknown[]) => HttpResponse.json({ items, next_cursor: null });

function problem(status: number, kind: string, detail: string) {
  const body = { type: `/problems/${kind}`, title: kind, status, detail, instance: "/api/v1", correlation_id: "mock" };
  return HttpResponse.json(body, { status, headers: { "Content-Type": "application/problem+json" } });
}

const empty = () => new HttpResponse(null, { status: 204 });

/** Accounts, staff and security over a few things in memory, kept as long as the handlers are. */
export function peopleHandlers(): HttpHandler[] {
  let isProved = false;
  let hasTotp = false;
  const policy = { mfa_roles: [] as string[], mfa_grace_days: 14, mfa_since: null as string | null };
  const notifications: { name: string }[] = [];
  const keys: { id: string; name: string }[] = [];
  const members = [ME, { id: uuid("009", 2), name: "Ben Okafor", email: "ben@voltway.example" }].map((one, index) => ({
    ...one,
    role: index === 0 ? "operator_admin" : "operations",
    second_factors: index === 0 ? ["totp"] : null,
    ...{ custom_role_id: null, location_ids: null, location_group_ids: null, is_active: true, created_at: NOW },
  }));
  const incident = {
    id: uuid("008", 1),
    ...{ rule_id: "D07", title: "A station calls from a new address", subject: "HAM-01", severity: "warning", action: "incident" },
    state: "open",
    ...{ station_id: uuid("001", 1), station_identity: "HAM-01", location_id: null, facts: { address: "203.0.113.7" }, count: 3 },
    ...{ first_at: NOW, last_at: NOW, raised_at: NOW, assignee_id: null as string | null, assignee: null as string | null },
    ...{ acknowledged_at: null, acknowledged_by: null, closed_at: null, closed_by: null, closed_reason: null as string | null },
    timeline: [{ id: uuid("008", 9), at: NOW, what: "raised", actor: null as string | null, text: null as string | null, facts: null }],
  };
  const say = (what: string, text: string | null) =>
    incident.timeline.push({ id: uuid("008", 10 + incident.timeline.length), at: NOW, what, actor: ME.name, text, facts: null });
  const proving = () => (isProved ? null : problem(403, "step-up-required", "Prove again who you are."));

  return [
    http.get(`${BASE}/oidc`, () => HttpResponse.json({ items: [{ name: "house", title: "House account" }] })),
    http.get(`${BASE}/registrations`, () => HttpResponse.json({ is_open: true, consents: { terms: "2026-01" } })),
    http.post(`${BASE}/registrations`, () => HttpResponse.json({ status: "accepted" }, { status: 202 })),
    http.post(`${BASE}/password-resets`, () => HttpResponse.json({ status: "accepted" }, { status: 202 })),
    http.post(`${BASE}/password-resets/confirmation`, async ({ request }) => {
      const { token } = (await request.json()) as { token: string };
      return token === "good" ? empty() : problem(400, "link-not-good", "This link has been used, or is too old.");
    }),
    http.post(`${BASE}/email-changes/confirmation`, empty),
    http.post(`${BASE}/invitation-acceptances`, async ({ request }) => {
      const { code } = (await request.json()) as { code: string };
      if (code !== INVITATION_CODE) return problem(404, "invitation-not-found", "There is no such invitation, or it is over.");
      return HttpResponse.json({ account_id: ME.id, email: ME.email, operator: "default" }, { status: 201 });
    }),
    http.get(`${BASE}/me/profile`, () =>
      HttpResponse.json({
        ...ME,
        ...{ locale: "en", time_zone: null, role: "operator_admin", second_factors: hasTotp ? ["totp"] : [], has_password: true },
        ...{ mfa_due_at: null, must_set_up_mfa: false, must_prove_by_factor: false, created_at: NOW },
      }),
    ),
    http.post(`${BASE}/me/step-up`, async ({ request }) => {
      const { password } = (await request.json()) as { password?: string };
      if (password !== PROOF) return problem(401, "proof-not-good", "This does not prove who you are.");
      isProved = true;
      const account = { ...ME, role: "operator_admin", operator: "default", permissions: ["admin", "members:read"] };
      return HttpResponse.json({ account, csrf_token: "csrf-after-proof" });
    }),
    http.get(`${BASE}/me/factors`, () => HttpResponse.json({ passkeys: [], has_totp: hasTotp, recovery_codes_left: hasTotp ? 10 : 0 })),
    http.post(`${BASE}/me/totp`, () => proving() ?? HttpResponse.json({ secret: "JBSWY3DPEHPK3PXP", uri: "otpauth://totp/Voltway:ada?secret=JBSWY3DPEHPK3PXP" })),
    http.post(`${BASE}/me/totp/confirmation`, async ({ request }) => {
      const { code } = (await request.json()) as { code: string };
      if (code !== "123456") return problem(422, "wrong-code", "the app should show another code");
      hasTotp = true;
      return HttpResponse.json({ recovery_codes: ["abcde-fghij", "klmno-pqrst"] });
    }),
    http.get(`${BASE}/members`, () => list(members)),
    http.delete(`${BASE}/members/:id`, ({ params }) => {
      const refusal = proving();
      if (refusal) return refusal;
      members.splice(members.findIndex(({ id }) => id === params.id), 1);
      return empty();
    }),
    http.get(`${BASE}/log-in-policy`, () => HttpResponse.json(policy)),
    http.put(`${BASE}/log-in-policy`, async ({ request }) => {
      const refusal = proving();
      if (refusal) return refusal;
      Object.assign(policy, await request.json(), { mfa_since: NOW });
      return HttpResponse.json(policy);
    }),
    http.get(`${BASE}/notification-policies`, () => list(notifications)),
    http.post(`${BASE}/notification-policies`, async ({ request }) => {
      const made = { ...((await request.json()) as { name: string }), id: uuid("00c", notifications.length + 1), created_at: NOW, updated_at: NOW };
      notifications.push(made);
      return HttpResponse.json(made, { status: 201 });
    }),
    http.get(`${BASE}/webhooks`, () => list([])),
    http.get(`${BASE}/detection-rules`, () => HttpResponse.json({ items: [] })),
    http.get(`${BASE}/invitations`, () => list([])),
    http.get(`${BASE}/roles`, () => HttpResponse.json([])),
    http.get(`${BASE}/location-groups`, () => HttpResponse.json([])),
    http.put(`${BASE}/accounts/:id/activity`, async ({ params, request }) => {
      const { is_active, reason } = (await request.json()) as { is_active: boolean; reason?: string };
      const member = members.find(({ id }) => id === params.id);
      if (!member || !reason) return problem(422, "invalid", "A reason is missing.");
      member.is_active = is_active;
      return HttpResponse.json({ id: member.id, is_active });
    }),
    http.get(`${BASE}/api-keys`, () => list(keys)),
    http.get(`${BASE}/oauth-clients`, () => list([])),
    http.post(`${BASE}/api-keys`, async ({ request }) => {
      const refusal = proving();
      if (refusal) return refusal;
      if (request.headers.get("X-CSRF-Token") !== "csrf-after-proof") return problem(403, "csrf-token-missing", "The old token.");
      const body = (await request.json()) as { name: string };
      const scope = { role: "auditor", custom_role_id: null, location_ids: null, location_group_ids: null, scopes: null };
      const key = { ...body, ...scope, id: uuid("007", keys.length), prefix: "vw_live_ab", created_at: NOW, expires_at: null, last_used_at: null };
      keys.push(key);
      return HttpResponse.json({ ...key, key: "vw_live_ab_whole" }, { status: 201 });
    }),
    http.get(`${BASE}/incidents`, ({ request }) => {
      const query = new URL(request.url).searchParams;
      const fits = query.get("is_open") === "true" ? incident.state !== "closed" : [null, incident.state].includes(query.get("state"));
      return list(fits ? [incident] : []);
    }),
    http.get(`${BASE}/incidents/:id`, () => HttpResponse.json(incident)),
    http.patch(`${BASE}/incidents/:id`, async ({ request }) => {
      const body = (await request.json()) as { state?: string; reason?: string; assignee_id?: string | null };
      if (body.state !== undefined) {
        say(body.state, body.reason ?? null);
        Object.assign(incident, { state: body.state, closed_reason: body.reason ?? null });
      }
      if (body.assignee_id !== undefined) {
        Object.assign(incident, { assignee_id: body.assignee_id, assignee: members.find(({ id }) => id === body.assignee_id)?.name ?? null });
      }
      return HttpResponse.json(incident);
    }),
    http.post(`${BASE}/incidents/:id/notes`, async ({ request }) => {
      say("noted", ((await request.json()) as { text: string }).text);
      return HttpResponse.json(incident, { status: 201 });
    }),
    http.get(`${BASE}/audit-entries`, () =>
      list([
        {
          number: 7,
          at: NOW,
          ...{ actor_kind: "account", actor_id: ME.id, actor_name: ME.name, action: "member.changed", target_kind: "account" },
          ...{ target_id: members[1]?.id, before: { role: "support", name: "Ben" }, after: { role: "operations", name: "Ben" } },
          ...{ reason: "moved", address: "192.0.2.1", correlation_id: "c1", previous_hash: "a0", hash: "b1" },
        },
      ]),
    ),
    http.get(`${BASE}/audit-entries/verification`, () =>
      HttpResponse.json({ is_whole: true, entries: 7, hash: "b1", is_anchored: false, broken: null }),
    ),
  ];
}
