import { MultiSelect, Select, Switch } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useAllLocations } from "./useAllLocations.ts";
import { groupsQuery, rolesQuery } from "./api.ts";
import { customRoles, STAFF_ROLES, type GrantValues } from "./grants.ts";

/** What somebody may do, and where. */
export function GrantFields<V extends GrantValues>({ form }: { form: UseFormReturnType<V> }) {
  const { t } = useTranslation();
  const { data: roles } = useQuery(rolesQuery);
  const { data: groups } = useQuery(groupsQuery);
  const locations = useAllLocations();
  const own = customRoles(roles).map(({ id, name }) => ({ value: `custom:${id}`, label: name }));
  const builtIn = STAFF_ROLES.map((value) => ({ value, label: t(`staff.role.${value}`) }));
  // Of a form that has more fields we set ours only.
  const grant = form as unknown as UseFormReturnType<GrantValues>;
  return (
    <>
      <Select
        label={t("staff.roleLabel")}
        allowDeselect={false}
        data={[
          { group: t("staff.builtIn"), items: builtIn },
          ...(own.length > 0 ? [{ group: t("staff.ownRoles"), items: own }] : []),
        ]}
        {...grant.getInputProps("role")}
      />
      <Switch label={t("staff.someLocations")} {...grant.getInputProps("isBound", { type: "checkbox" })} />
      {grant.getValues().isBound && (
        <>
          <MultiSelect
            label={t("staff.groups")}
            searchable
            data={groups?.map(({ id, name }) => ({ value: id, label: name })) ?? []}
            {...grant.getInputProps("location_group_ids")}
          />
          <MultiSelect
            label={t("staff.locations")}
            searchable
            limit={50}
            data={locations.map(({ id, name }) => ({ value: id, label: name }))}
            {...grant.getInputProps("location_ids")}
          />
        </>
      )}
    </>
  );
}

/** A grant that is bound to places must name one. */
export function placesMissing(values: GrantValues): boolean {
  return values.isBound && values.location_group_ids.length === 0 && values.location_ids.length === 0;
}
