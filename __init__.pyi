"""The types of what `import encoderscope` offers."""

from .api.encoders import encoder_card as encoder_card
from .api.encoders import encoder_probe as encoder_probe
from .api.encoders import file_report as file_report
from .api.encoders import probe_report as probe_report
from .api.pictures import image_report as image_report
from .api.pictures import judge_report as judge_report
from .api.prompts import families as families
from .api.prompts import reading_report as reading_report
from .api.prompts import token_reader as token_reader
from .api.prompts import token_report as token_report
from .api.reports import doctor_report as doctor_report
from .api.reports import read_report as read_report
from .api.results import AnyReport as AnyReport
from .api.results import DoctorReport as DoctorReport
from .api.results import EncoderCard as EncoderCard
from .api.results import FileReport as FileReport
from .api.results import ImageReport as ImageReport
from .api.results import ProbeReport as ProbeReport
from .api.results import ReadingReport as ReadingReport
from .api.results import TokenReport as TokenReport
from .conditioning.errors import EncoderScopeError as EncoderScopeError

WEB_DIRECTORY: str
