import type { Observation, PictureRef } from "../api/types";

/** A picture together with the sighting that it belongs to. */
export interface Shot {
  picture: PictureRef;
  seen_at: string;
  device_name: string;
}

/** The still pictures of sightings: of the surest sighting first, its close view before its wide one. */
export function shotsOf(observations: readonly Observation[]): Shot[] {
  return [...observations]
    .sort((a, b) => b.score - a.score)
    .flatMap(({ evidence, seen_at, device_name }) =>
      evidence
        .filter(({ media_type }) => media_type.startsWith("image/"))
        .sort((a, b) => a.role.localeCompare(b.role))
        .map((picture) => ({ picture, seen_at, device_name })),
    );
}
