import "./queue.css";
import { lazy, useCallback, useMemo } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { inTheWay } from "../../api/problem";
import { useCase } from "../../api/useCase";
import { useCases } from "../../api/useCases";
import { useGround } from "../../api/useGround";
import { useMapCases } from "../../api/useMapCases";
import { useSpeech, useTitle } from "../../i18n/language";
import { placesOf } from "../../map/fromCase";
import { MapHolder } from "../../map/MapHolder";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { useKeys } from "../../parts/useKeys";
import { Glance } from "./Glance";
import { FiguresStrip } from "./FiguresStrip";
import { Legend } from "./Legend";
import { QueueFilters } from "./QueueFilters";
import { QueueList } from "./QueueList";
import { useFilter } from "./useFilter";

const CityMap = lazy(() => import("../../map/CityMap"));
const GLANCE_PX = 380;

/** The desk: the queue by worth on the left, the map on the right, and the chosen case with its decisions over it. */
export function QueueScreen() {
  const navigate = useNavigate();
  const { t } = useSpeech();
  useTitle(t("nav.queue"));
  const [params, setParams] = useSearchParams();
  const [filter, setFilter] = useFilter();
  const queue = useCases(filter);
  const onMap = useMapCases(filter);
  const ground = useGround();
  const chosen = params.get("case");
  const one = useCase(chosen);
  const cases = useMemo(() => queue.data?.pages.flatMap((page) => page.items) ?? [], [queue.data]);

  const choose = useCallback(
    (id: string | null) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          if (id === null) after.delete("case");
          else after.set("case", id);
          return after;
        },
        { replace: true },
      ),
    [setParams],
  );
  const step = (by: number) => {
    const at = cases.findIndex(({ id }) => id === chosen);
    const next = cases[at < 0 ? 0 : Math.min(Math.max(at + by, 0), cases.length - 1)];
    if (next !== undefined) choose(next.id);
    if (at + by >= cases.length && queue.hasNextPage) void queue.fetchNextPage();
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    Enter: chosen === null ? undefined : () => void navigate(`/cases/${chosen}`),
    Escape: chosen === null ? undefined : () => choose(null),
  });

  const known = one.data !== undefined && one.data.id === chosen ? one.data : undefined;
  const problem = inTheWay(queue);
  const places = useMemo(() => (known === undefined ? [] : placesOf(known)), [known]);
  return (
    <div className="desk">
      <FiguresStrip />
      <section className="queue" aria-labelledby="queue-title">
        <QueueFilters filter={filter} onFilter={setFilter} shown={queue.data === undefined ? null : cases.length} more={queue.hasNextPage} />
        {problem !== null ? (
          <ProblemNotice error={problem} again={() => void queue.refetch()} />
        ) : (
          <QueueList
            cases={cases}
            loading={queue.isPending}
            chosen={chosen}
            onChoose={choose}
            {...(queue.hasNextPage && { onMore: () => void queue.fetchNextPage() })}
          />
        )}
      </section>
      <section className="desk-map">
        <MapHolder>
          <CityMap
            cases={onMap.data ?? []}
            ground={ground.data}
            chosen={chosen}
            onChoose={choose}
            places={places}
            coveredRight_px={chosen === null ? 0 : GLANCE_PX}
          />
        </MapHolder>
        <Legend />
        {chosen !== null && <Glance id={chosen} onClose={() => choose(null)} onNext={() => step(1)} />}
      </section>
    </div>
  );
}
