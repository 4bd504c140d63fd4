import { Box, Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Callout, IconPrinter, IconBolt, Notice, PageHeader } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { AnchorLink, ButtonLink } from "../../shared/links.tsx";
import { QrCode } from "../../shared/QrCode.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { labelsQuery, type Label } from "./api.ts";
import styles from "./CodesPage.module.css";

/** A sheet of labels to print, one for each EVSE: the QR code that drivers scan, and the code that they can type instead. */
export function CodesPage() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/codes" });
  const labels = useQuery(labelsQuery(search));
  const location = search.location === undefined ? labels.data?.stations[0]?.location_id : undefined;
  return (
    <>
      <Box className="vw-screen">
        <PageHeader
          above={<AnchorLink {...paths.stations()}>← {t("stations.title")}</AnchorLink>}
          title={t("codes.title")}
          subtitle={t("codes.subtitle")}
          actions={
            <>
              {location != null && (
                <ButtonLink {...paths.codes({ location })} variant="default">
                  {t("codes.wholeLocation")}
                </ButtonLink>
              )}
              <Button
                leftSection={<IconPrinter size={17} />}
                disabled={!labels.data?.labels.length}
                onClick={() => {
                  window.print();
                }}
              >
                {t("once.print")}
              </Button>
            </>
          }
        />
      </Box>
      <QueryView query={labels} isEmpty={(data) => data.labels.length === 0} empty={<Notice icon={IconBolt} title={t("codes.none")} text={t("codes.noneText")} />}>
        {(data) => (
          <>
            {data.labels.some(({ isGuess }) => isGuess) && (
              <Box className="vw-screen" mb="md">
                <Callout>{t("codes.guess", { address: window.location.origin })}</Callout>
              </Box>
            )}
            {data.labels.some(({ helpPhone }) => helpPhone === null) && (
              <Box className="vw-screen" mb="md">
                <Callout>{t("codes.noHelp")}</Callout>
              </Box>
            )}
            <ul className={styles.sheet}>
              {data.labels.map((label) => (
                <li key={label.key} className={styles.label}>
                  <LabelOf label={label} />
                </li>
              ))}
            </ul>
          </>
        )}
      </QueryView>
    </>
  );
}

function LabelOf({ label: { station, evseNumber, code, address, helpPhone } }: { label: Label }) {
  const { t } = useTranslation();
  return (
    <>
      <Text fw={680} fz={18} c="black">
        {t("codes.scan")}
      </Text>
      <QrCode text={address} label={t("codes.qrOf", { station, number: evseNumber })} size={190} />
      <Text className="vw-mono" fw={700} fz={20} c="black">
        {code}
      </Text>
      <Text size="xs" c="gray.7">
        {address}
      </Text>
      <Text size="xs" c="gray.7">
        {t("codes.evse", { station, number: evseNumber })}
      </Text>
      {helpPhone !== null && (
        <Text size="sm" fw={600} c="black">
          {t("codes.help", { phone: helpPhone })}
        </Text>
      )}
    </>
  );
}
