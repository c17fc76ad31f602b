# The app with CPU builds: docker build -t shoplab . && docker run -p 8501:8501 -v shoplab:/data shoplab
FROM python:3.13-slim

# LightGBM and faiss use OpenMP.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 shoplab \
    && install -d -o 1000 /data

WORKDIR /src
COPY . .
# For a GPU: docker build --build-arg PIP_EXTRA_INDEX_URL= .
ARG PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu
RUN pip install --no-cache-dir -c constraints.txt .

USER 1000
WORKDIR /home/shoplab
ENV SHOPLAB_HOME=/data STREAMLIT_SERVER_HEADLESS=true
VOLUME /data
EXPOSE 8501
CMD ["shoplab", "app", "--host", "0.0.0.0"]
