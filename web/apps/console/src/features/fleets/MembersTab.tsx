import { Group, Text } from "@mantine/core";
import type { FleetDetails, FleetMember } from "@voltway/api";
import { ActionButton, IconNfc, IconPlus, Notice, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmButton } from "../../shared/ConfirmButton.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { useRemoveMember } from "./api.ts";
import { AddMemberDialog, AssignMemberDialog } from "./MemberDialogs.tsx";
import { useParts } from "./useParts.ts";

/** The cards and cars that charge for a fleet, and to what their sessions belong. */
export function MembersTab({ fleet }: { fleet: FleetDetails }) {
  const { t } = useTranslation();
  const [edited, setEdited] = useState<FleetMember | "new" | null>(null);
  const [mayWrite, mayFind] = [useRefusal("fleets:write"), useRefusal("tokens:read")];
  const close = () => {
    setEdited(null);
  };
  const add = (
    <ActionButton
      leftSection={<IconPlus size={17} />}
      disabledReason={mayWrite ?? mayFind}
      onClick={() => {
        setEdited("new");
      }}
    >
      {t("fleets.addMember")}
    </ActionButton>
  );
  return (
    <>
      <Panel padded={false} title={t("fleets.tab.members")} actions={add}>
        {fleet.members.length === 0 ? (
          <Notice icon={IconNfc} title={t("fleets.noMembers")} text={t("fleets.noMembersText")} />
        ) : (
          <MemberTable fleet={fleet} onAssign={setEdited} />
        )}
      </Panel>
      {edited === "new" && <AddMemberDialog fleet={fleet} onClose={close} />}
      {edited !== null && edited !== "new" && <AssignMemberDialog fleet={fleet} member={edited} onClose={close} />}
    </>
  );
}

function MemberTable({ fleet, onAssign }: { fleet: FleetDetails; onAssign: (member: FleetMember) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { memberName, vehicleName } = useParts(fleet);
  const remove = useRemoveMember(fleet.id);
  const [mayWrite, mayManage] = [useRefusal("fleets:write"), useRefusal("fleets:manage")];
  return (
    <DataTable
      label={t("fleets.tab.members")}
      columns={[
        { label: t("fleets.token") },
        { label: t("idTokens.kind") },
        { label: t("fleets.vehicle") },
        { label: t("fleets.costCentre") },
        { label: t("common.actions"), isLabelHidden: true },
      ]}
    >
      {fleet.members.map((member) => (
        <tr key={member.id_token_id}>
          <td className={member.token === null ? undefined : "vw-mono"}>{memberName(member)}</td>
          <td>{member.token_kind ?? t("fleets.anyKind")}</td>
          <td>{vehicleName(member.vehicle_id) ?? format.unknown}</td>
          <td data-wrap style={{ minWidth: 190 }}>
            <CostCentre fleet={fleet} member={member} />
          </td>
          <td data-num>
            <Group gap="xs" wrap="nowrap" justify="flex-end">
              <ActionButton
                size="compact-sm"
                variant="default"
                disabledReason={mayManage}
                onClick={() => {
                  onAssign(member);
                }}
              >
                {t("fleets.assign")}
              </ActionButton>
              <ConfirmButton
                label={t("common.remove")}
                title={t("fleets.removeMemberTitle", { name: memberName(member) })}
                text={t("fleets.removeMemberText")}
                refusal={mayWrite}
                onConfirm={() => {
                  remove.mutate(member.id_token_id);
                }}
              />
            </Group>
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

/** The cost centre of a member's sessions: its own, else that of its vehicle. */
function CostCentre({ fleet, member }: { fleet: FleetDetails; member: FleetMember }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { costCentreName } = useParts(fleet);
  const own = costCentreName(member.cost_centre_id);
  if (own !== null) return own;
  const ofVehicle = costCentreName(fleet.vehicles.find(({ id }) => id === member.vehicle_id)?.cost_centre_id);
  if (ofVehicle === null) return format.unknown;
  return (
    <>
      {ofVehicle}
      <Text size="xs" c="dimmed">
        {t("fleets.ofVehicle")}
      </Text>
    </>
  );
}
