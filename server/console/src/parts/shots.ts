import type { Observation, PictureRef } from "../api/types";

/** A picture, with when and by what it was made where that is known. */
export interface Shot {
  picture: PictureRef;
  at: string | null;
  by: string | null;
}

export function shotOf(picture: PictureRef, at: string | null): Shot {
  return { picture, at, by: null };
}

/** The still pictures of sightings: of the surest sighting first, its close view before its wide one. */
export function shotsOf(observations: readonly Observation[]): Shot[] {
  return [...observations]
    .sort((a, b) => b.score - a.score)
    .flatMap(({ evidence, seen_at, device_name }) =>
      evidence
        .filter(({ media_type }) => media_type.startsWith("image/"))
        .sort((a, b) => a.role.localeCompare(b.role))
        .map((picture) => ({ picture, at: seen_at, by: device_name })),
    );
}
