import { queryOptions } from "@tanstack/react-query";
import { client, take, type CampaignCreate, type CampaignPatch, type FirmwareImageCreate } from "@voltway/api";
import i18next from "i18next";
import { listOf } from "../../shared/list.ts";
import { useChange } from "../../shared/useChange.ts";

const REFRESH_MS = 5_000;
export const firmwareKeys = { campaigns: ["firmware-campaigns"] as const, images: ["firmware-images"] as const };

export const campaignsQuery = listOf([...firmwareKeys.campaigns, "list"], (query, signal) =>
  client.GET("/api/v1/firmware-campaigns", { params: { query }, signal }),
);
export const imagesQuery = listOf(firmwareKeys.images, (query, signal) => client.GET("/api/v1/firmware-images", { params: { query }, signal }), 200);

/** Describes an image and sends its content. Where the content is refused, the description goes again. */
export function useAddImage() {
  return useChange(
    async ({ file, ...body }: FirmwareImageCreate & { file: File }) => {
      const { id } = await take(client.POST("/api/v1/firmware-images", { body: { ...body, file_name: file.name } }));
      const params = { path: { image_id: id } };
      try {
        return await take(
          client.PUT("/api/v1/firmware-images/{image_id}/content", {
            params,
            body: file as unknown as string,
            bodySerializer: (content) => content as unknown as File,
            headers: { "Content-Type": "application/octet-stream" },
          }),
        );
      } catch (refused) {
        await client.DELETE("/api/v1/firmware-images/{image_id}", { params }).catch(() => undefined);
        throw refused;
      }
    },
    { stale: [firmwareKeys.images], done: ({ version }) => i18next.t("firmware.uploaded", { version }), showsProblem: true },
  );
}

export function useRemoveImage() {
  return useChange((image_id: string) => client.DELETE("/api/v1/firmware-images/{image_id}", { params: { path: { image_id } } }), {
    stale: [firmwareKeys.images],
    done: () => i18next.t("firmware.imageRemoved"),
  });
}

const campaign = (campaign_id: string) => ({ params: { path: { campaign_id } } });

export function campaignQuery(id: string) {
  return queryOptions({
    queryKey: [...firmwareKeys.campaigns, id],
    queryFn: ({ signal }) => take(client.GET("/api/v1/firmware-campaigns/{campaign_id}", { ...campaign(id), signal })),
    refetchInterval: REFRESH_MS,
  });
}

export function campaignStationsQuery(id: string) {
  return {
    ...listOf([...firmwareKeys.campaigns, id, "stations"], (query, signal) =>
      client.GET("/api/v1/firmware-campaigns/{campaign_id}/stations", { params: { path: { campaign_id: id }, query }, signal }),
    ),
    refetchInterval: REFRESH_MS,
  };
}

export function useAddCampaign() {
  return useChange((body: CampaignCreate) => take(client.POST("/api/v1/firmware-campaigns", { body })), {
    stale: [firmwareKeys.campaigns],
    showsProblem: true,
  });
}

export function usePatchCampaign(id: string) {
  return useChange((body: CampaignPatch) => take(client.PATCH("/api/v1/firmware-campaigns/{campaign_id}", { ...campaign(id), body })), {
    stale: [firmwareKeys.campaigns],
    done: () => i18next.t("firmware.saved"),
  });
}

/** Every station of a vendor and model: whom an image is for. */
export async function stationsOfMake(vendor: string, model: string): Promise<{ id: string; identity: string }[]> {
  const found: { id: string; identity: string }[] = [];
  let cursor: string | undefined;
  do {
    const page = await take(client.GET("/api/v1/charging-stations", { params: { query: { text: model, limit: 500, cursor } } }));
    found.push(...page.items.filter((one) => one.vendor === vendor && one.model === model));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}
