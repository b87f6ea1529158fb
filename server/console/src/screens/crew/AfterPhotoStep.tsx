import { CameraOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button } from "antd";
import { useMemo, useRef, useState } from "react";
import { newId } from "../../api/newId";
import type { WorkOrder } from "../../api/types";
import { takenIn } from "../../api/useWorkOrderStep";
import { useSpeech } from "../../i18n/language";
import { sendAfterPhoto } from "../../outbox/sendAfterPhoto";
import { isPhoto, type UnsentPhoto } from "../../outbox/shelf";
import { useOutbox } from "../../outbox/useOutbox";
import { Picture } from "../../parts/Picture";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { usePreview } from "../../parts/usePreview";
import { type Place, whereAmI } from "../../parts/whereAmI";

/**
 * Take the picture of the result, see it beside the one of before, and let it be sent: from the moment in which it is taken
 * it is kept on the phone, until the server has it. What the phone cannot keep is sent from the page, which keeps it as long
 * as it is open.
 */
export function AfterPhotoStep({ order, person_id }: { order: WorkOrder; person_id: string }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const { unsent, keep, amend, drop } = useOutbox();
  const camera = useRef<HTMLInputElement>(null);
  // Asked for when the photo is taken, so that it is that of the photo.
  const place = useRef<Promise<Place | null>>(Promise.resolve(null));
  const [unkept, setUnkept] = useState<UnsentPhoto | null>(null);
  const [readying, setReadying] = useState(false);
  const drafts = unsent.filter(isPhoto).filter(({ order_id, draft }) => draft && order_id === order.id);
  const taken = unkept ?? drafts.at(-1) ?? null;
  const sending = useMutation({
    mutationFn: sendAfterPhoto,
    onSuccess: (known) => {
      takenIn(queries, known);
      void message.success(t("work.sent"));
    },
  });
  const preview = usePreview(useMemo(() => taken && new Blob([taken.photo], { type: taken.media_type }), [taken?.id]));
  const before = order.before.find(({ available }) => available);

  const take = () => {
    sending.reset();
    camera.current?.click();
  };
  const receive = async (file: File) => {
    const here = whereAmI();
    place.current = here;
    const one = await draftOf(order, person_id, file);
    try {
      await keep(one);
      setUnkept(null);
      void here.then((found) => amend({ id: one.id, place: found })).catch(console.warn);
    } catch {
      setUnkept(one);
    }
    for (const { id } of drafts) await drop(id);
  };
  const send = async (one: UnsentPhoto) => {
    setReadying(true);
    const ready = { ...one, draft: false, place: (await place.current) ?? one.place };
    try {
      await keep(ready);
      setUnkept(null);
    } catch {
      sending.mutate(ready);
    }
    setReadying(false);
  };
  return (
    <>
      {preview !== null && (
        <section ref={intoSight} className="card order-preview" aria-label={t("work.check")}>
          <h2>{t("work.check")}</h2>
          <div className="side-by-side">
            <figure>
              <Picture sha256={before?.sha256 ?? null} alt={t("compare.before")} />
              <figcaption>{t("compare.before")}</figcaption>
            </figure>
            <figure>
              <span className="picture"><img src={preview} alt={t("compare.after")} /></span>
              <figcaption>{t("compare.after")}</figcaption>
            </figure>
          </div>
          <p className="order-note">{t("work.place_goes_along")}</p>
          {sending.error !== null && <ProblemNotice error={sending.error} />}
          {unkept !== null && <Alert type="warning" showIcon title={t("unsent.no_room")} />}
        </section>
      )}
      <footer className="order-step">
        <input
          ref={camera} type="file" accept="image/*" capture="environment" hidden aria-label={t("work.photo")}
          onChange={(change) => {
            const [file] = change.target.files ?? [];
            if (file !== undefined) void receive(file);
            change.target.value = "";
          }}
        />
        {taken === null ? (
          <Button type="primary" size="large" block icon={<CameraOutlined />} onClick={take}>{t("work.photo")}</Button>
        ) : (
          <>
            <Button size="large" disabled={readying || sending.isPending} onClick={take}>{t("work.again")}</Button>
            <Button type="primary" size="large" block loading={readying || sending.isPending} onClick={() => void send(taken)}>{t("work.send")}</Button>
          </>
        )}
      </footer>
    </>
  );
}

/** The photo that was just taken would else lie below the map. */
function intoSight(section: HTMLElement | null): void {
  section?.scrollIntoView({ block: "nearest" });
}

async function draftOf(order: WorkOrder, person_id: string, file: File): Promise<UnsentPhoto> {
  return {
    id: newId(),
    person_id,
    order_id: order.id,
    order_number: order.number,
    category: order.category,
    photo: await file.arrayBuffer(),
    media_type: file.type,
    taken_at: new Date(file.lastModified).toISOString(),
    draft: true,
    place: null,
    refused: null,
  };
}
