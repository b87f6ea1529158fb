import { CameraOutlined } from "@ant-design/icons";
import { Alert, Button, type InputRef, Radio } from "antd";
import { useCallback, useEffect, useRef, useState } from "react";
import { type Report, useReportable } from "../../api/useReport";
import { useSpeech } from "../../i18n/language";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { usePreview } from "../../parts/usePreview";
import { type Place, whereAmI } from "../../parts/whereAmI";
import { phoneToSend, ReportPhone } from "./ReportPhone";
import { placeToSend, ReportPlace } from "./ReportPlace";

interface Props {
  /** Whether to ask for a number to tell when it is fixed. */
  asksPhone?: boolean;
  sending: boolean;
  problem: unknown;
  send: (report: Report) => void;
}

/** The photo first, then what it is and where. The place is asked for once the photo is taken, not before. */
export function ReportForm({ asksPhone = false, sending, problem, send }: Props) {
  const { t, either, language } = useSpeech();
  const reportable = useReportable();
  const camera = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const [category, setCategory] = useState<string | null>(null);
  const [phone, setPhone] = useState("");
  const [wrongPhone, setWrongPhone] = useState(false);
  const phoneField = useRef<InputRef>(null);
  const here = usePhonesPlace(file !== null);
  const [pinned, setPinned] = useState<Place | null>(null);
  const preview = usePreview(file);

  return (
    <form
      className="report-form"
      onSubmit={(submit) => {
        submit.preventDefault();
        if (file === null || category === null) return;
        const number = phoneToSend(phone);
        setWrongPhone(number === null);
        if (number === null) phoneField.current?.focus();
        else send({ file, category, place: placeToSend({ phone: here.phone, pinned }), phone: number, language });
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
          <ReportPlace
            phone={here.phone} pinned={pinned} pin={setPinned}
            askPhone={() => {
              setPinned(null);
              here.ask();
            }}
          />
          {asksPhone && (
            <ReportPhone
              ref={phoneField} written={phone} wrong={wrongPhone}
              write={(written) => {
                setPhone(written);
                setWrongPhone(false);
              }}
            />
          )}
          {problem !== null && <ProblemNotice error={problem} />}
          {category === null && <Alert type="info" showIcon title={t("report.choose")} />}
          <Button block size="large" type="primary" htmlType="submit" loading={sending} disabled={category === null || (here.phone === undefined && pinned === null)}>
            {t("report.send")}
          </Button>
        </>
      )}
    </form>
  );
}

/** Where the phone is, asked for once it is wanted and again on demand: undefined until it has said, null where it does not. */
function usePhonesPlace(wanted: boolean): { phone: Place | null | undefined; ask: () => void } {
  const [phone, setPhone] = useState<Place | null | undefined>(undefined);
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    if (!wanted) return;
    let current = true;
    setPhone(undefined);
    void whereAmI().then((found) => current && setPhone(found));
    return () => {
      current = false;
    };
  }, [wanted, asked]);
  const ask = useCallback(() => setAsked((times) => times + 1), []);
  return { phone, ask };
}
