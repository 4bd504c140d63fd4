import { Select, Tabs, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { IconCalendarEvent, IconHourglassHigh, Notice, PageHeader } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { useLocationNames } from "../locations/api.ts";
import { bookingsQuery, placesQuery } from "./api.ts";
import { BookingTable } from "./BookingTable.tsx";
import { PlaceTable } from "./PlaceTable.tsx";
import { BOOKING_STATES, BOOKING_TABS, PLACE_STATES, readBookingSearch, type BookingSearch } from "./search.ts";

interface PartProps {
  search: BookingSearch;
  change: (values: { [K in keyof BookingSearch]?: string | null }) => void;
}

/** What drivers have booked, and who waits for an EVSE. */
export function BookingsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/bookings" });
  const { tab = "bookings" } = search;
  const change: PartProps["change"] = (values) => {
    void navigate({ ...paths.bookings(), search: readBookingSearch({ ...search, ...values }), replace: true });
  };
  return (
    <>
      <PageHeader title={t("bookings.title")} subtitle={t("bookings.subtitle")} />
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) => {
          change({ tab: value });
        }}
      >
        <Tabs.List mb="md" aria-label={t("bookings.title")}>
          {BOOKING_TABS.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {t(`bookings.tab.${one}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="bookings">
          <BookingList search={search} change={change} />
        </Tabs.Panel>
        <Tabs.Panel value="queue">
          <PlaceList search={search} change={change} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function BookingList({ search, change }: PartProps) {
  const { t } = useTranslation();
  const bookings = useInfiniteQuery(bookingsQuery(search));
  const isFiltered = [search.location, search.state, search.since, search.until].some(Boolean);
  return (
    <ListPanel
      query={bookings}
      filters={
        <>
          <LocationFilter search={search} change={change} />
          <Select
            w={190}
            aria-label={t("bookings.stateLabel")}
            placeholder={t("bookings.anyState")}
            clearable
            data={BOOKING_STATES.map((value) => ({ value, label: t(`bookings.state.${value}`) }))}
            value={search.state ?? null}
            onChange={(state) => {
              change({ state });
            }}
          />
          {(["since", "until"] as const).map((name) => (
            <TextInput
              key={name}
              type="date"
              w={150}
              aria-label={t(`bookings.${name}Day`)}
              value={search[name] ?? ""}
              onChange={(event) => {
                change({ [name]: event.currentTarget.value });
              }}
            />
          ))}
        </>
      }
      empty={
        <Notice
          icon={IconCalendarEvent}
          title={isFiltered ? t("common.noMatch") : t("bookings.none")}
          text={isFiltered ? t("common.noMatchText") : t("bookings.noneText")}
        />
      }
    >
      {(items) => <BookingTable bookings={items} />}
    </ListPanel>
  );
}

function PlaceList({ search, change }: PartProps) {
  const { t } = useTranslation();
  const places = useInfiniteQuery(placesQuery(search));
  const isFiltered = [search.location, search.place].some(Boolean);
  return (
    <ListPanel
      query={places}
      filters={
        <>
          <LocationFilter search={search} change={change} />
          <Select
            w={190}
            aria-label={t("bookings.stateLabel")}
            placeholder={t("bookings.anyState")}
            clearable
            data={PLACE_STATES.map((value) => ({ value, label: t(`bookings.place.${value}`) }))}
            value={search.place ?? null}
            onChange={(place) => {
              change({ place });
            }}
          />
        </>
      }
      empty={
        <Notice
          icon={IconHourglassHigh}
          title={isFiltered ? t("common.noMatch") : t("bookings.noPlace")}
          text={isFiltered ? t("common.noMatchText") : t("bookings.noPlaceText")}
        />
      }
    >
      {(items) => <PlaceTable places={items} />}
    </ListPanel>
  );
}

function LocationFilter({ search, change }: PartProps) {
  const { t } = useTranslation();
  const { options } = useLocationNames();
  return (
    <Select
      w={210}
      searchable
      clearable
      aria-label={t("bookings.location")}
      placeholder={t("bookings.location")}
      data={options}
      value={search.location ?? null}
      onChange={(location) => {
        change({ location });
      }}
    />
  );
}
