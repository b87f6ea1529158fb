import { CameraOutlined, EnvironmentOutlined } from "@ant-design/icons";
import { Alert, Button, Radio } from "antd";
import { useEffect, useRef, useState } from "react";
import { type Report, useReportable } from "../../api/useReport";
import { useSpeech } from "../../i18n/language";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { usePreview } from "../../parts/usePreview";
import { type Place, whereAmI } from "../../parts/whereAmI";

interface Props {
  sending: boolean;
  problem: unknown;
  send: (report: Report) => void;
}

/** The photo first, then what it is and where. The place is asked for once the photo is taken, not before. */
export function ReportForm({ sending, problem, send }: Props) {
  const { t, either } = useSpeech();
  const reportable = useReportable();
  const camera = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const [category, setCategory] = useState<string | null>(null);
  const place = usePlace(file !== null);
  const preview = usePreview(file);

  return (
    <form
      className="report-form"
      onSubmit={(submit) => {
        submit.preventDefault();
        if (file !== null && category !== null) send({ file, category, place: place ?? null });
      }}
    >
      <section className="card" aria-labelledby="report-photo">
        <h2 id="report-photo">{t("report.photo")}</h2>
        {preview !== null && <img className="report-preview" src={preview} alt={t("report.preview")} />}
        <input
          ref={camera} type="file" accept="image/*" capture="environment" hidden aria-label={t("report.take")}
          onChange={(change) => {
            setFile(change.target.files?.[0] ?? file);
            change.target.value = "";
          }}
        />
        <Button block size="large" type={file === null ? "primary" : "default"} icon={<CameraOutlined />} onClick={() => camera.current?.click()}>
          {t(file === null ? "report.take" : "report.again")}
        </Button>
        <p className="report-note">{t("report.privacy")}</p>
      </section>
      {file !== null && (
        <>
          <section className="card" aria-labelledby="report-what">
            <h2 id="report-what">{t("report.what")}</h2>
            {reportable.error !== null && <ProblemNotice error={reportable.error} again={() => void reportable.refetch()} />}
            <Radio.Group
              className="report-what" aria-labelledby="report-what" value={category}
              onChange={(change) => setCategory(String(change.target.value))}
              options={(reportable.data?.items ?? []).map(({ key, zh, en }) => ({ value: key, label: either(zh, en) }))}
            />
          </section>
          <p className="report-place" role="status">
            <EnvironmentOutlined aria-hidden />{" "}
            {place === undefined ? t("report.locating") : place === null ? t("report.no_place") : t("report.placed", { metres: Math.round(place.accuracy_m) })}
          </p>
          {problem !== null && <ProblemNotice error={problem} />}
          {category === null && <Alert type="info" showIcon title={t("report.choose")} />}
          <Button block size="large" type="primary" htmlType="submit" loading={sending} disabled={category === null || place === undefined}>
            {t("report.send")}
          </Button>
        </>
      )}
    </form>
  );
}

/** Where the phone is: undefined until it has said, null where it does not. */
function usePlace(wanted: boolean): Place | null | undefined {
  const [place, setPlace] = useState<Place | null | undefined>(undefined);
  useEffect(() => {
    if (!wanted) return;
    let here = true;
    void whereAmI().then((found) => here && setPlace(found));
    return () => {
      here = false;
    };
  }, [wanted]);
  return place;
}
