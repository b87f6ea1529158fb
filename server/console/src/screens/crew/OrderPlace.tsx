import { AimOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { lazy, useMemo, useState } from "react";
import type { WorkOrder } from "../../api/types";
import { useGround } from "../../api/useGround";
import { bearing, type Direction } from "../../format/bearing";
import { coordinates, metres } from "../../format/place";
import { useSpeech } from "../../i18n/language";
import { MapHolder } from "../../map/MapHolder";
import { whereAmI } from "../../parts/whereAmI";

const CityMap = lazy(() => import("../../map/CityMap"));
type Sought = "no" | "seeking" | "failed" | { distance_m: number; direction: Direction };

/** The place on a map, its coordinates, and on request how far and in which direction it is from here. */
export function OrderPlace({ order }: { order: WorkOrder }) {
  const { t, code } = useSpeech();
  const ground = useGround();
  const [sought, setSought] = useState<Sought>("no");
  const cases = useMemo(() => [order], [order]);

  const seek = async () => {
    setSought("seeking");
    const here = await whereAmI();
    setSought(here === null ? "failed" : bearing(here, order));
  };
  return (
    <>
      <div className="order-map">
        <MapHolder>
          <CityMap cases={cases} ground={ground.data} show="cases" />
        </MapHolder>
      </div>
      <p className="order-coordinates">{coordinates(order.lat, order.lon)}</p>
      <Button block icon={<AimOutlined />} loading={sought === "seeking"} onClick={() => void seek()} aria-live="polite">
        {sought === "no" || sought === "seeking"
          ? t("work.how_far")
          : sought === "failed"
            ? t("work.no_place")
            : t("work.distance", { distance: metres(sought.distance_m), direction: code("direction", sought.direction) })}
      </Button>
    </>
  );
}
