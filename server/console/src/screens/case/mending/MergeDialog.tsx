import { App, Empty, Modal, Radio, Spin } from "antd";
import { lazy, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { newId } from "../../../api/newId";
import { useGround } from "../../../api/useGround";
import { useMending, useNear } from "../../../api/useMends";
import type { CaseDetail, NearCase } from "../../../api/types";
import { metres } from "../../../format/place";
import { useSpeech } from "../../../i18n/language";
import { MapHolder } from "../../../map/MapHolder";
import { Picture } from "../../../parts/Picture";
import { ProblemNotice } from "../../../parts/ProblemNotice";
import { StateTag } from "../../../parts/StateTag";
import { useFocusBack } from "../../../parts/useFocusBack";

const CityMap = lazy(() => import("../../../map/CityMap"));

interface Props {
  one: CaseDetail;
  onDone: () => void;
}

/** Merges a case with one near it: the candidates as a list and on the map, their pictures side by side. */
export function MergeDialog({ one, onDone }: Props) {
  useFocusBack();
  const { t } = useSpeech();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const [mend_id] = useState(() => newId());
  const [picked, setPicked] = useState<string | null>(null);
  const [stays, setStays] = useState<"this" | "other">("this");
  const choice = useRef<HTMLDivElement>(null);
  const near = useNear(one.id);
  const mending = useMending();
  const items = near.data?.items ?? [];
  const other = (items.find((item) => item.case.id === picked) ?? items[0])?.case;

  const merge = () => {
    if (other === undefined) return;
    const [kept, gone] = stays === "this" ? [one, other] : [other, one];
    mending.mutate(
      { mend_id, kind: "merge", kept: kept.id, gone: gone.id },
      {
        onSuccess: () => {
          void message.success(t("merge.done", { gone: gone.number, kept: kept.number }));
          onDone();
          if (kept.id !== one.id) void navigate(`/cases/${kept.id}`, { replace: true });
        },
      },
    );
  };

  return (
    <Modal
      open
      title={t("merge.title", { number: one.number })}
      okText={t("merge.confirm")}
      cancelText={t("reason.cancel")}
      okButtonProps={{ disabled: other === undefined, loading: mending.isPending }}
      onOk={merge}
      onCancel={onDone}
      afterOpenChange={(opened) => opened && choice.current?.querySelector<HTMLInputElement>("input:checked")?.focus()}
      destroyOnHidden
      width={920}
    >
      {near.error !== null && <ProblemNotice error={near.error} />}
      {near.isPending && <Spin className="whole-page" />}
      {near.isSuccess && items.length === 0 && <Empty description={t("merge.nothing_near")} />}
      {other !== undefined && (
        <div ref={choice} className="mending">
          <Near items={items} picked={other.id} onPick={setPicked} />
          <div className="mending-pair">
            {[one, other].map(({ id, number, picture }) => (
              <figure key={id}>
                <Picture sha256={picture} alt={t("merge.picture", { number })} enlarge />
                <figcaption>#{number}</figcaption>
              </figure>
            ))}
            <PairMap one={one} items={items} chosen={other.id} onChoose={setPicked} />
            <Radio.Group
              className="mending-way" aria-label={t("merge.which_stays")} value={stays}
              onChange={(change) => setStays(change.target.value === "this" ? "this" : "other")}
            >
              <Radio value="this">{t("merge.into", { gone: other.number, kept: one.number })}</Radio>
              <Radio value="other">{t("merge.into", { gone: one.number, kept: other.number })}</Radio>
            </Radio.Group>
          </div>
        </div>
      )}
      {mending.error !== null && <ProblemNotice error={mending.error} />}
    </Modal>
  );
}

function Near({ items, picked, onPick }: { items: readonly NearCase[]; picked: string; onPick: (id: string) => void }) {
  const { t } = useSpeech();
  return (
    <Radio.Group
      className="mending-near" aria-label={t("merge.near")} value={picked}
      onChange={(change) => onPick(String(change.target.value))}
    >
      {items.map(({ case: other, distance_m }) => (
        <Radio key={other.id} value={other.id} autoFocus={other.id === picked}>
          #{other.number} <StateTag state={other.state} closeReason={other.close_reason} />
          <small>{metres(distance_m)} · {t("queue.seen", { sightings: other.sightings, passes: other.passes })}</small>
        </Radio>
      ))}
    </Radio.Group>
  );
}

interface PairMapProps {
  one: CaseDetail;
  items: readonly NearCase[];
  chosen: string;
  onChoose: (id: string) => void;
}

function PairMap({ one, items, chosen, onChoose }: PairMapProps) {
  const ground = useGround();
  const cases = useMemo(() => [one, ...items.map((item) => item.case)], [one, items]);
  return (
    <div className="mending-map">
      <MapHolder>
        <CityMap
          cases={cases} ground={ground.data} chosen={chosen} show="cases"
          onChoose={(id) => id !== one.id && onChoose(id)}
        />
      </MapHolder>
    </div>
  );
}
