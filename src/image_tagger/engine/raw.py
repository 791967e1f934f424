"""What a network itself gives for a picture, before anybody makes labels of it."""

from image_tagger.domain.crops import Crop
from image_tagger.domain.queries import Media
from image_tagger.domain.selection import Selection
from image_tagger.domain.specs import Version
from image_tagger.engine.frames import Frames
from image_tagger.engine.recognition import Request, tensors_of
from image_tagger.engine.residents import Residents
from image_tagger.engine.threads import Threads
from image_tagger.media.decode import Decoder
from image_tagger.models.running.tensors import Outputs


class RawOutputs:
    """Runs networks picture by picture."""

    def __init__(self, frames: Frames, residents: Residents, decoder: Decoder, threads: Threads) -> None:
        self._frames = frames
        self._residents = residents
        self._decoder = decoder
        self._threads = threads

    async def of(self, version: Version, media: Media, crop: Crop | None = None) -> Outputs:
        """The tensors that the version's network names, of the first frame. Raises what the recognizer raises."""
        held = await self._frames.fetched(media)
        resident = await self._residents.get(version)
        return await self._threads.run(tensors_of, resident.model, self._decoder, Request(held, Selection(), crop))
