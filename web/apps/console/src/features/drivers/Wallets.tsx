import { useQuery } from "@tanstack/react-query";
import { Facts, IconCreditCard, Notice, Panel } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { walletsQuery } from "./api.ts";

/** What a driver has paid ahead; by what it fills itself is theirs alone. */
export function Wallets({ driverId }: { driverId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const wallets = useQuery(walletsQuery(driverId));
  return (
    <Panel title={t("drivers.wallet")} isTall>
      <QueryView query={wallets} isEmpty={({ items }) => items.length === 0} empty={<Notice icon={IconCreditCard} title={t("drivers.noWallet")} />}>
        {({ items }) => (
          <Facts
            rows={items.flatMap(({ id, balance, held, is_filled_by_itself }) => [
              [t("drivers.balance", { currency: balance.currency }), format.money(balance)],
              [t("drivers.held"), format.money(held)],
              [t("drivers.autoTopUp"), <span key={id}>{is_filled_by_itself ? t("common.yes") : t("common.no")}</span>],
            ])}
          />
        )}
      </QueryView>
    </Panel>
  );
}
