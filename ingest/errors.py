"""Why a file or a request is refused: a stable code and a sentence that tells the editor what to do."""

from __future__ import annotations

from foundation.errors import ConflictError, InvalidInputError, NotFoundError

ADVICE: dict[str, str] = {
    "unsupported_format": "This kind of file cannot be read. Save it as PDF, DOCX, PPTX, XLSX, ODT, HTML, Markdown, "
    "reStructuredText, CSV, plain text or a picture.",
    "encrypted_pdf": "The PDF is locked with a password. Give the password, or save a copy without one.",
    "encrypted_zip": "The archive is locked with a password. Give the password, or pack it anew without one.",
    "encrypted_office": "The Office file is locked with a password. Save a copy without password and ingest that.",
    "locked_epub": "The book is protected by its shop and opens only in that shop's reader. Get a copy without "
    "protection.",
    "broken_pptx": "The presentation is damaged or not a .pptx. Open it in PowerPoint, save it as .pptx and try again.",
    "broken_odt": "The OpenDocument file is damaged. Open it in LibreOffice, save it anew and try again.",
    "broken_epub": "The book is damaged or no EPUB. Export it anew, or as PDF.",
    "broken_zip": "The archive is damaged. Pack it anew as .zip.",
    "broken_mail": "The message is damaged or no mail. Save it anew as .eml or .msg.",
    "files_left_out": "Some files inside could not be read and are left out; all others are in. Correct those named.",
    "broken_pdf": "The PDF is damaged. Open it in a PDF reader, save it anew and ingest the copy.",
    "broken_docx": "The Word file is damaged or not a .docx. Open it in Word, save it as .docx and try again.",
    "broken_table": "The table file is damaged or not what its name says. Save it anew as .xlsx or .csv.",
    "empty_file": "The file is empty. Check that it was exported or copied completely.",
    "wrong_password": "The password does not open this file. Check it, or save a copy without password.",
    "no_text": "No text was found, also not by text recognition. Check that the pages are legible, and scan them "
    "anew with at least 150 dots per inch.",
    "pictures_only": "The pages are pictures, and text recognition is off. Set JIEDA_INGEST__READ_PICTURES=true.",
    "broken_image": "The picture is damaged or not what its name says. Save it anew as PNG or JPEG.",
    "too_large": "The file is larger than allowed. Split it, or raise JIEDA_INGEST__MAX_FILE_MB.",
    "too_many_pages": "The file has more pages than allowed. Split it, or raise JIEDA_INGEST__MAX_PAGES.",
    "bad_encoding": "The text is in an encoding that cannot be recognised. Save the file as UTF-8.",
    "bad_faq_table": "The FAQ table needs a column 'question' (问题) and a column 'answer' (答案), both filled in.",
    "bad_audience": "The audience rule cannot be understood. Use public, signed-in, staff, tier:NAME, "
    "company:SLUG or department:NAME.",
    "zip_bomb": "The file unpacks to far more than its size. If it is genuine, save it anew or split it.",
    "timeout": "Reading took too long. Split the file, or raise JIEDA_INGEST__FILE_TIMEOUT_S.",
    "out_of_memory": "Reading needed too much memory. Split the file, or raise JIEDA_INGEST__FILE_MEMORY_MB.",
    "unreadable": "The file could not be read. Check that it opens in its own program, and save it anew.",
    "parser_crashed": "The reader broke down on this file. Open it in its own program, save it anew, try again.",
    "vanished": "The file disappeared while the job ran. Ingest the folder again.",
    "not_permitted": "The file may not be read by the service. Check its permissions.",
    "fetch_failed": "The address did not answer with a page. Check it in a browser and try again.",
    "unsafe_url": "The address points into a private network and is not fetched.",
    "pages_left_out": "Some pages could not be read and are left out; all others are in. Print the file anew as PDF "
    "and ingest that.",
    "removals_refused": "Most of this file's articles would have vanished, and that was refused. The old ones stay; "
    "check the file and ingest it again.",
}


ADVICE_ZH: dict[str, str] = {
    "unsupported_format": "无法读取这种文件。请另存为 PDF、DOCX、PPTX、XLSX、ODT、HTML、Markdown、"
    "reStructuredText、CSV、纯文本或图片。",
    "encrypted_pdf": "PDF 有密码保护。请提供密码，或另存一份不带密码的副本。",
    "encrypted_zip": "压缩包有密码保护。请提供密码，或重新打包为无密码的压缩包。",
    "encrypted_office": "Office 文件有密码保护。请另存一份不带密码的副本再导入。",
    "locked_epub": "电子书受书店版权保护，只能在其阅读器中打开。请取得无保护的版本。",
    "broken_pptx": "演示文稿已损坏或不是 .pptx。请用 PowerPoint 打开，另存为 .pptx 后重试。",
    "broken_odt": "OpenDocument 文件已损坏。请用 LibreOffice 打开并重新保存后重试。",
    "broken_epub": "电子书已损坏或不是 EPUB。请重新导出，或导出为 PDF。",
    "broken_zip": "压缩包已损坏。请重新打包为 .zip。",
    "broken_mail": "邮件已损坏或不是邮件文件。请重新另存为 .eml 或 .msg。",
    "files_left_out": "其中有些文件无法读取，已略过；其余都已导入。请修正所列文件。",
    "broken_pdf": "PDF 已损坏。请用 PDF 阅读器打开并重新保存，再导入新文件。",
    "broken_docx": "Word 文件已损坏或不是 .docx。请用 Word 打开，另存为 .docx 后重试。",
    "broken_table": "表格文件已损坏，或内容与扩展名不符。请重新另存为 .xlsx 或 .csv。",
    "empty_file": "文件是空的。请检查导出或复制是否完整。",
    "wrong_password": "密码无法打开此文件。请检查密码，或另存一份不带密码的副本。",
    "no_text": "没有找到文字，文字识别也没有结果。请确认页面清晰，并以不低于 150 dpi 重新扫描。",
    "pictures_only": "页面都是图片，而文字识别已关闭。请设置 JIEDA_INGEST__READ_PICTURES=true。",
    "broken_image": "图片已损坏，或内容与扩展名不符。请另存为 PNG 或 JPEG。",
    "too_large": "文件超过大小上限。请拆分文件，或调高 JIEDA_INGEST__MAX_FILE_MB。",
    "too_many_pages": "文件页数超过上限。请拆分文件，或调高 JIEDA_INGEST__MAX_PAGES。",
    "bad_encoding": "无法识别文字编码。请把文件另存为 UTF-8。",
    "bad_faq_table": "FAQ 表格需要“问题”(question) 和“答案”(answer) 两列，且都要有内容。",
    "bad_audience": "看不懂可见范围规则。可用：public、signed-in、staff、tier:名称、company:标识 或 department:名称。",
    "zip_bomb": "文件解压后远大于自身。如果文件没有问题，请重新保存或拆分。",
    "timeout": "读取时间过长。请拆分文件，或调高 JIEDA_INGEST__FILE_TIMEOUT_S。",
    "out_of_memory": "读取占用内存过多。请拆分文件，或调高 JIEDA_INGEST__FILE_MEMORY_MB。",
    "unreadable": "文件无法读取。请确认能用原程序打开，并重新保存。",
    "parser_crashed": "读取程序在此文件上中断。请用原程序打开并重新保存，再试一次。",
    "vanished": "任务运行期间文件消失了。请重新导入该文件夹。",
    "not_permitted": "服务没有读取该文件的权限。请检查文件权限。",
    "fetch_failed": "该地址没有返回网页。请在浏览器中确认后重试。",
    "unsafe_url": "该地址指向内部网络，不予抓取。",
    "pages_left_out": "有几页无法读取，已略过；其余页面都已导入。请把文件重新打印成 PDF 再导入。",
    "removals_refused": "这个文件的大部分文章将会消失，而您没有同意。原有文章保留；请检查文件后重新导入。",
}


def messages(code: str, message: str) -> dict[str, str]:
    """What to tell the editor in both languages; `message` is the English one, detail included."""
    detail = message.removeprefix(ADVICE.get(code, message)).strip().removeprefix("(").removesuffix(")")
    advice = ADVICE_ZH.get(code, message)
    return {"zh": f"{advice}（{detail}）" if detail else advice, "en": message}


class UnreadableFileError(Exception):
    """This one file cannot be ingested; the job goes on with the others.

    What `heals` is tried again after a while: a server that was busy, a lock that somebody held.
    """

    def __init__(self, code: str, detail: str = "", *, heals: bool = False) -> None:
        self.code = code
        self.heals = heals
        self.message = f"{ADVICE[code]} ({detail})" if detail else ADVICE[code]
        super().__init__(self.message)


class JobNotFoundError(NotFoundError):
    """No such ingest job."""

    code = "job_not_found"

    def __init__(self, job_id: int) -> None:
        super().__init__(f"there is no ingest job {job_id}")
        self.job_id = job_id


class IngestFileNotFoundError(NotFoundError):
    """No such file in this ingest job."""

    code = "ingest_file_not_found"

    def __init__(self, file_id: int) -> None:
        super().__init__(f"this job has no file {file_id} that could be tried again")
        self.file_id = file_id


class JobStateError(ConflictError):
    """The job is in a state that does not allow this."""

    code = "job_state"

    def __init__(self, job_id: int, state: str) -> None:
        super().__init__(f"ingest job {job_id} is {state.replace('_', ' ')}")
        self.job_id, self.state = job_id, state


class JobBusyError(ConflictError):
    """Another worker has this job in hand; it is tried again when that one's heartbeat stops."""

    code, retryable = "job_busy", True

    def __init__(self, job_id: int) -> None:
        super().__init__(f"ingest job {job_id} is in another worker's hand")
        self.job_id = job_id


class JobLostError(Exception):
    """This run does not hold the job any more: it was paused or cancelled, or another worker took it over."""

    def __init__(self, job_id: int) -> None:
        super().__init__(f"ingest job {job_id} is no longer ours")


class NothingToIngestError(InvalidInputError):
    """The request names nothing that exists."""

    code = "nothing_to_ingest"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"there is no file or folder {path!r}" if path else "name a file, a folder or an address"
        )
        self.path = path


class NotAnAddressError(InvalidInputError):
    """Only pages of the web can be fetched."""

    code = "not_an_address"

    def __init__(self, url: str) -> None:
        super().__init__(f"{url[:200]!r} does not begin with http:// or https://")
        self.url = url[:200]
