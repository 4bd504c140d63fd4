import { queryOptions } from "@tanstack/react-query";
import {
  client,
  take,
  type ApiKeyCreate,
  type InvitationCreate,
  type MemberPatch,
  type LogInPolicyChange,
  type OAuthClientCreate,
  type RoleCreate,
} from "@voltway/api";
import i18next from "i18next";
import { listOf } from "../../shared/list.ts";
import { useChange } from "../../shared/useChange.ts";

export const staffKeys = {
  members: ["members"] as const,
  invitations: ["invitations"] as const,
  roles: ["roles"] as const,
  groups: ["location-groups"] as const,
  keys: ["api-keys"] as const,
  clients: ["oauth-clients"] as const,
  policy: ["log-in-policy"] as const,
};

export const membersQuery = listOf(staffKeys.members, (query, signal) => client.GET("/api/v1/members", { params: { query }, signal }));
export const invitationsQuery = listOf(staffKeys.invitations, (query, signal) => client.GET("/api/v1/invitations", { params: { query }, signal }));
export const apiKeysQuery = listOf(staffKeys.keys, (query, signal) => client.GET("/api/v1/api-keys", { params: { query }, signal }));
export const oauthClientsQuery = listOf(staffKeys.clients, (query, signal) => client.GET("/api/v1/oauth-clients", { params: { query }, signal }));
export const rolesQuery = queryOptions({ queryKey: staffKeys.roles, queryFn: () => take(client.GET("/api/v1/roles")) });
export const groupsQuery = queryOptions({ queryKey: staffKeys.groups, queryFn: () => take(client.GET("/api/v1/location-groups")) });

export function usePatchMember() {
  return useChange(
    ({ id, ...body }: MemberPatch & { id: string }) => take(client.PATCH("/api/v1/members/{account_id}", { params: { path: { account_id: id } }, body })),
    { stale: [staffKeys.members], done: ({ name }) => i18next.t("staff.memberChanged", { name }), showsProblem: true },
  );
}

/** Switches an account off or on, with a reason for the audit log. */
export function useSetActivity() {
  return useChange(
    ({ id, ...body }: { id: string; is_active: boolean; reason: string }) =>
      take(client.PUT("/api/v1/accounts/{account_id}/activity", { params: { path: { account_id: id } }, body })),
    { stale: [staffKeys.members], showsProblem: true },
  );
}

export function useRemoveMember() {
  return useChange((id: string) => client.DELETE("/api/v1/members/{account_id}", { params: { path: { account_id: id } } }), {
    stale: [staffKeys.members],
    done: () => i18next.t("staff.memberRemoved"),
    showsProblem: true,
  });
}

export const policyQuery = queryOptions({ queryKey: staffKeys.policy, queryFn: () => take(client.GET("/api/v1/log-in-policy")) });

/** Says who must have a second factor; the server asks for a proof first. */
export function useSetPolicy() {
  return useChange((body: LogInPolicyChange) => take(client.PUT("/api/v1/log-in-policy", { body })), {
    stale: [staffKeys.policy, ["me"]],
    done: () => i18next.t("policy.saved"),
    showsProblem: true,
  });
}

export function useInvite() {
  return useChange((body: InvitationCreate) => take(client.POST("/api/v1/invitations", { body })), {
    stale: [staffKeys.invitations],
    done: ({ email }) => i18next.t("staff.invited", { email }),
    showsProblem: true,
  });
}

const invitation = (invitation_id: string) => ({ params: { path: { invitation_id } } });

export function useResendInvitation() {
  return useChange((id: string) => take(client.POST("/api/v1/invitations/{invitation_id}/sending", invitation(id))), {
    stale: [staffKeys.invitations],
    done: ({ email }) => i18next.t("staff.invited", { email }),
  });
}

export function useRevokeInvitation() {
  return useChange((id: string) => client.DELETE("/api/v1/invitations/{invitation_id}", invitation(id)), {
    stale: [staffKeys.invitations],
    done: () => i18next.t("staff.invitationRevoked"),
  });
}

/** Adds a role of the operator's own, or changes one. */
export function useSaveRole() {
  return useChange(
    ({ id, ...body }: RoleCreate & { id?: string }) =>
      take(
        id === undefined
          ? client.POST("/api/v1/roles", { body })
          : client.PUT("/api/v1/roles/{role_id}", { params: { path: { role_id: id } }, body }),
      ),
    { stale: [staffKeys.roles], done: ({ name }) => i18next.t("staff.roleSaved", { name }), showsProblem: true },
  );
}

export function useDeleteRole() {
  return useChange((id: string) => client.DELETE("/api/v1/roles/{role_id}", { params: { path: { role_id: id } } }), {
    stale: [staffKeys.roles],
    done: () => i18next.t("staff.roleDeleted"),
  });
}

export function useSaveGroup() {
  return useChange(
    ({ id, ...body }: { id?: string; name: string; location_ids: string[] }) =>
      take(
        id === undefined
          ? client.POST("/api/v1/location-groups", { body })
          : client.PUT("/api/v1/location-groups/{group_id}", { params: { path: { group_id: id } }, body }),
      ),
    { stale: [staffKeys.groups], done: ({ name }) => i18next.t("staff.groupSaved", { name }), showsProblem: true },
  );
}

export function useDeleteGroup() {
  return useChange((id: string) => client.DELETE("/api/v1/location-groups/{group_id}", { params: { path: { group_id: id } } }), {
    stale: [staffKeys.groups],
    done: () => i18next.t("staff.groupDeleted"),
  });
}

export function useCreateApiKey() {
  return useChange((body: ApiKeyCreate) => take(client.POST("/api/v1/api-keys", { body })), { stale: [staffKeys.keys], showsProblem: true });
}

export function useRevokeApiKey() {
  return useChange((id: string) => client.DELETE("/api/v1/api-keys/{key_id}", { params: { path: { key_id: id } } }), {
    stale: [staffKeys.keys],
    done: () => i18next.t("staff.keyRevoked"),
  });
}

export function useCreateOAuthClient() {
  return useChange((body: OAuthClientCreate) => take(client.POST("/api/v1/oauth-clients", { body })), {
    stale: [staffKeys.clients],
    showsProblem: true,
  });
}

export function useRotateOAuthClient() {
  return useChange((id: string) => take(client.POST("/api/v1/oauth-clients/{client_id}/rotation", { params: { path: { client_id: id } } })), {
    stale: [staffKeys.clients],
  });
}

export function useDeleteOAuthClient() {
  return useChange((id: string) => client.DELETE("/api/v1/oauth-clients/{client_id}", { params: { path: { client_id: id } } }), {
    stale: [staffKeys.clients],
    done: () => i18next.t("staff.clientDeleted"),
  });
}
