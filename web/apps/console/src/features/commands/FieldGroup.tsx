import { Button, Fieldset, Group, Stack } from "@mantine/core";
import { IconPlus, IconTrash } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { AnyField, type FieldProps, type FieldValue } from "./CommandField.tsx";
import { emptyValues, type FormValues } from "./forms.ts";
import { useFieldTexts } from "./useFieldTexts.ts";

type OuterProps = Omit<FieldProps, "value" | "onChange"> & { onChange: (value: FieldValue) => void };

/** The fields of an object. */
export function FieldGroup({ values, ...outer }: OuterProps & { values: FormValues }) {
  const texts = useFieldTexts();
  return (
    <Fieldset legend={texts.label(outer.field)} p="sm">
      <Inner {...outer} values={values} />
    </Fieldset>
  );
}

/** A list of objects, each with its fields. */
export function FieldRows({ rows, ...outer }: OuterProps & { rows: FormValues[] }) {
  const { t } = useTranslation();
  const texts = useFieldTexts();
  const { field, onChange, path } = outer;
  const label = texts.label(field);
  return (
    <Stack gap="sm" role="group" aria-label={label}>
      {rows.map((values, index) => (
        // Rows have nothing else that tells them apart, and are taken away one at a time.
        <Fieldset key={index} legend={`${label} ${index + 1}`} p="sm">
          <Inner
            {...outer}
            path={`${path}[${index}]`}
            values={values}
            onChange={(now) => {
              onChange(rows.map((row, at) => (at === index ? (now as FormValues) : row)));
            }}
          />
          <Group justify="flex-end" mt="sm">
            <Button
              size="xs"
              variant="subtle"
              color="gray"
              leftSection={<IconTrash size={14} />}
              aria-label={t("commands.removeRow", { name: `${label} ${index + 1}` })}
              onClick={() => {
                onChange(rows.filter((_, at) => at !== index));
              }}
            >
              {t("common.remove")}
            </Button>
          </Group>
        </Fieldset>
      ))}
      {rows.length < (field.max ?? Infinity) && (
        <Group>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} />}
            onClick={() => {
              onChange([...rows, emptyValues(field.fields ?? [])]);
            }}
          >
            {t("commands.addRow", { name: label })}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Inner({ field, path, values, onChange, ...context }: OuterProps & { values: FormValues }) {
  return (
    <Stack gap="sm">
      {(field.fields ?? []).map((one) => (
        <AnyField
          key={one.name}
          {...context}
          field={one}
          path={`${path}.${one.name}`}
          value={values[one.name] ?? ""}
          onChange={(value) => {
            onChange({ ...values, [one.name]: value });
          }}
        />
      ))}
    </Stack>
  );
}
