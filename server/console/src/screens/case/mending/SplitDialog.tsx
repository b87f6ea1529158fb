import { App, Checkbox, Modal } from "antd";
import { useRef, useState } from "react";
import { newId } from "../../../api/newId";
import { useMending, useSplittable } from "../../../api/useMends";
import type { CaseDetail, Observation } from "../../../api/types";
import { useSpeech } from "../../../i18n/language";
import { Moment } from "../../../parts/Moment";
import { Picture } from "../../../parts/Picture";
import { ProblemNotice } from "../../../parts/ProblemNotice";
import { useFocusBack } from "../../../parts/useFocusBack";

interface Props {
  one: CaseDetail;
  onDone: () => void;
}

/** Makes a new case of the sightings that are picked by their pictures. */
export function SplitDialog({ one, onDone }: Props) {
  useFocusBack();
  const { t } = useSpeech();
  const { message } = App.useApp();
  const [mend_id] = useState(() => newId());
  const [picked, setPicked] = useState<string[]>([]);
  const sightings = useRef<HTMLDivElement>(null);
  const offered = useSplittable(one, true);
  const mending = useMending();
  const some = picked.length > 0 && picked.length < offered.length;

  const split = () =>
    mending.mutate(
      { mend_id, kind: "split", case: one.id, observations: picked },
      {
        onSuccess: ({ other_number }) => {
          void message.success(t("split.done", { number: other_number }));
          onDone();
        },
      },
    );

  return (
    <Modal
      open
      title={t("split.title", { number: one.number })}
      okText={t("split.confirm", { count: picked.length })}
      cancelText={t("reason.cancel")}
      okButtonProps={{ disabled: !some, loading: mending.isPending }}
      onOk={split}
      onCancel={onDone}
      afterOpenChange={(opened) => opened && sightings.current?.querySelector("input")?.focus()}
      destroyOnHidden
      width={920}
    >
      <p>{t("split.how")}</p>
      <Checkbox.Group
        ref={sightings} className="mending-sightings" aria-label={t("split.sightings")} value={picked}
        onChange={(values) => setPicked(values.map(String))}
      >
        {offered.map((seen) => (
          <Checkbox key={seen.id} value={seen.id}>
            <Look seen={seen} />
          </Checkbox>
        ))}
      </Checkbox.Group>
      {mending.error !== null && <ProblemNotice error={mending.error} />}
    </Modal>
  );
}

function Look({ seen }: { seen: Observation }) {
  const { t, code } = useSpeech();
  const view = seen.evidence.find(({ role }) => role === "close") ?? seen.evidence[0];
  const from = `${code("device", seen.device_kind)} ${seen.device_name}`.trim();
  return (
    <>
      <Picture
        sha256={view?.sha256 ?? null} available={view?.available ?? false}
        alt={t("picture.view", { role: code("evidence", view?.role ?? "close"), device: from })}
      />
      <small>{from} <Moment at={seen.seen_at} /></small>
    </>
  );
}
