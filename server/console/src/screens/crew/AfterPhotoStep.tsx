import { CameraOutlined } from "@ant-design/icons";
import { App, Button } from "antd";
import { useRef, useState } from "react";
import type { WorkOrder } from "../../api/types";
import { useWorkOrderStep } from "../../api/useWorkOrderStep";
import { useSpeech } from "../../i18n/language";
import { Picture } from "../../parts/Picture";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { usePreview } from "../../parts/usePreview";
import { whereAmI } from "../../parts/whereAmI";

/** Take the picture of the result, see it beside the one of before, and send it. A failed upload keeps the picture. */
export function AfterPhotoStep({ order }: { order: WorkOrder }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const sending = useWorkOrderStep();
  const camera = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const [locating, setLocating] = useState(false);
  const preview = usePreview(file);
  const before = order.before.find(({ available }) => available);

  const take = () => {
    sending.reset();
    camera.current?.click();
  };
  const send = async () => {
    if (file === null) return;
    setLocating(true);
    const place = await whereAmI();
    setLocating(false);
    sending.mutate(
      {
        id: order.id, step: "feed_back",
        photo: { file, taken_at: new Date(file.lastModified).toISOString(), ...(place !== null && { place }) },
      },
      { onSuccess: () => void message.success(t("work.sent")) },
    );
  };
  return (
    <>
      {preview !== null && (
        <section className="card order-preview" aria-label={t("work.check")}>
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
        </section>
      )}
      <footer className="order-step">
        <input
          ref={camera} type="file" accept="image/*" capture="environment" hidden aria-label={t("work.photo")}
          onChange={(change) => {
            setFile(change.target.files?.[0] ?? null);
            change.target.value = "";
          }}
        />
        {file === null ? (
          <Button type="primary" size="large" block icon={<CameraOutlined />} onClick={take}>{t("work.photo")}</Button>
        ) : (
          <>
            <Button size="large" disabled={sending.isPending} onClick={take}>{t("work.again")}</Button>
            <Button type="primary" size="large" block loading={locating || sending.isPending} onClick={() => void send()}>{t("work.send")}</Button>
          </>
        )}
      </footer>
    </>
  );
}
